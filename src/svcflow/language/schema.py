"""
The words of the language as pydantic models: the long form of everything, with what each word means.

The descriptions are what an editor shows. Names are only texts here; whether they mean something is found out later.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, RootModel, Tag

from svcflow.language.forms import (
    Barred,
    CalendarName,
    CalendarRef,
    Calendars,
    CellText,
    ClockName,
    Clocks,
    Condition,
    Count,
    DateText,
    EscalationName,
    EscalationRef,
    EventName,
    Events,
    FieldName,
    FieldRef,
    Fields,
    HookNames,
    Hooks,
    Hours,
    LanguageRef,
    Languages,
    Moment,
    Name,
    Names,
    Needs,
    Notices,
    ProcessName,
    ProcessRef,
    QualificationNames,
    RoleNames,
    Scalar,
    ShareText,
    Sights,
    Starts,
    StateName,
    StateRef,
    States,
    StepText,
    TableName,
    Target,
    Text,
    TimeText,
    Truth,
    TypeText,
    Value,
    WeekdayList,
    Weekdays,
    Who,
    WindowText,
    wrong,
)
from svcflow.language.spaces import Short


class Shape(BaseModel):
    """
    A mapping with a fixed set of words. The docstring says first what it is, for messages: `An event: ...`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _event(value: object) -> object:
    """`accept: diagnose` is short for `accept: {to: diagnose}`."""
    return {"to": value} if isinstance(value, str) else value


def _alternatives(value: object) -> object:
    if isinstance(value, dict):
        raise wrong(
            "SF106", "`to` is the name of a state or a list of alternatives", "write `to: [{to: ..., when: ...}]`"
        )
    items = [value] if isinstance(value, str) else value
    return [_event(item) for item in items] if isinstance(items, list) else items


def _typed(value: object) -> object:
    return {"type": value} if isinstance(value, str) else value


def _cell(value: object) -> str:
    if not isinstance(value, dict):
        return "<text>"
    return "<dates>" if {"from", "to"} & value.keys() else "<rows>"


def _promise(value: object) -> str:
    return "<table>" if isinstance(value, dict) else "<text>"


def _qualified(value: object) -> str:
    return "<table>" if isinstance(value, dict) and {"per", "table"} & value.keys() else "<needs>"


def _migration(value: object) -> str:
    return "<migration>" if isinstance(value, dict) else "<finish>"


def _window(value: object) -> str:
    if not isinstance(value, dict):
        return "<text>"
    return "<table>" if {"per", "table"} & value.keys() else "<dates>"


class QualifiedTable(Shape):
    """A table of qualifications: what is needed, by the value of a field."""

    per: FieldRef = Field(description="The field whose value chooses the row.")
    table: dict[str, Needs] = Field(description="What is needed per value; `default` holds when no other row fits.")


QualifiedForm = Annotated[
    Annotated[Needs, Tag("<needs>")] | Annotated[QualifiedTable, Tag("<table>")],
    Discriminator(_qualified),
]


class Do(Shape):
    """A `do`: what is done on an event, on entry, or at a step of an escalation; always in this order."""

    set: dict[FieldRef, Value] = Field({}, description="Fields to fill, before the states change.")
    send: Events = Field((), description="Events to raise in this case, as `system`, in the same step.")
    start: Starts = Field({}, description="Processes to open an independent, linked case of, with renamed fields.")
    hook: Hooks = Field((), description="Hooks of the host to call after the commit.")
    notify: Notices = Field({}, description="Roles, person fields or `responsible` to tell, and by which message.")


class Alternative(Shape):
    """An alternative: one way an event can go."""

    to: Target | None = Field(None, description="The state to go to; without it the case stays.")
    when: Condition | None = Field(None, description="The condition under which this alternative is taken.")
    share: ShareText | None = Field(None, description="The share of all cases that this alternative is for: `5%`.")
    max: Count | None = Field(None, description="How often in the life of a case this alternative may be taken.")
    do: Do | None = Field(None, description="What is done when this alternative is taken.")


AlternativeForm = Annotated[Alternative, Short("to")]


class Auto(Shape):
    """An `auto`: a move that is taken at once, by nobody."""

    to: Annotated[tuple[AlternativeForm, ...], BeforeValidator(_alternatives)] = Field(
        (), description="Where to go: a state, or alternatives of which the first that fits is taken."
    )
    when: Condition | None = Field(None, description="The condition under which it happens.")
    share: ShareText | None = Field(None, description="The share of all cases in which it may happen: `5%`.")
    max: Count | None = Field(None, description="How often in the life of a case it may happen.")
    do: Do | None = Field(None, description="What is done.")
    title: Text | None = Field(None, description="The name for people, one text or one per language.")


class After(Auto):
    """An `after`: what happens after a time."""


class Event(Auto):
    """An event: what can happen in a state, who may send it, and with which form."""

    ask: Fields = Field((), description="Fields that must be sent with the event.")
    may: Fields = Field((), description="Fields that can be sent with the event.")
    by: Who | None = Field(None, description="Roles and person fields that may send it.")
    not_by: Barred = Field((), description="States whose actors, and person fields, may not send it.")
    qualified: QualifiedForm | None = Field(None, description="Qualifications that whoever sends it must hold.")


class AnywhereEvent(Event):
    """An event of `anywhere`: offered in several states."""

    places: States | None = Field(None, alias="in", description="The states and groups it is offered in; else in all.")


class Rows(RootModel[dict[str, "CellForm"]]):
    """Rows of a table: a time, a window, or for a table over several fields further rows."""

    model_config = ConfigDict(json_schema_extra={"propertyNames": {"not": {"enum": ["from", "to"]}}})


class WindowDates(Shape):
    """A window: the dates between which something must happen."""

    first: TimeText = Field(alias="from", description="The first date, counted from the trigger's: `2d`.")
    last: TimeText = Field(alias="to", description="The last date, counted from the trigger's: `5d`.")
    since: Moment | None = Field(None, description="The field it counts from; else from arrival.")
    count: Literal["working"] | None = Field(None, description="`working` counts working dates only.")
    roll: Literal["next"] | None = Field(None, description="`next` moves a last date without hours to one with hours.")


CellForm = Annotated[
    Annotated[CellText, Tag("<text>")] | Annotated[WindowDates, Tag("<dates>")] | Annotated[Rows, Tag("<rows>")],
    Discriminator(_cell),
]


class Table(Shape):
    """A table of times: promised times by the values of fields."""

    per: Fields = Field(description="The fields whose values choose the row, the outer one first.")
    calendar: CalendarRef | None = Field(None, description="The calendar its times count in.")
    table: Rows = Field(description="A time per value; `default` holds when no other row fits.")


TableForm = Annotated[
    Annotated[TimeText, Tag("<text>")] | Annotated[Table, Tag("<table>")],
    Discriminator(_promise),
]
WindowForm = Annotated[
    Annotated[WindowText, Tag("<text>")] | Annotated[WindowDates, Tag("<dates>")] | Annotated[Table, Tag("<table>")],
    Discriminator(_window),
]
AutoForm = Annotated[Auto, BeforeValidator(_event), Short("to")]
AfterForm = Annotated[After, BeforeValidator(_event), Short("to")]
EventForm = Annotated[Event, BeforeValidator(_event), Short("to")]
AnywhereForm = Annotated[AnywhereEvent, BeforeValidator(_event), Short("to")]


class State(Shape):
    """A state: where a case can be."""

    title: Text | None = Field(None, description="The name for people, one text or one per language.")
    by: Who | None = Field(None, description="Roles and person fields that may act here.")
    not_by: Barred = Field((), description="States whose actors, and person fields, may not act here.")
    qualified: QualifiedForm | None = Field(None, description="Qualifications that whoever acts here must hold.")
    do: Do | None = Field(None, description="What is done when the state is entered.")
    wait: TableForm | None = Field(None, description="For so long the case is here but on nobody's list.")
    window: WindowForm | None = Field(None, description="The dates between which this must happen.")
    limit: TableForm | None = Field(
        None, description="How long a case should stay; told by the escalation, moves nothing."
    )
    pause: Clocks = Field((), description="SLA clocks that stand still here, or `all`.")
    run: ProcessRef | None = Field(None, description="The process of a child case that runs here.")
    auto: AutoForm | None = Field(None, description="A move that is taken at once, by nobody.")
    events: dict[EventName, EventForm] = Field({}, description="What can happen here.")
    after: dict[TimeText, AfterForm] = Field({}, description="What happens after a time.")
    states: dict[StateName, State] = Field({}, description="The states inside; a case starts in the first one.")
    parallel: Truth = Field(False, description="`true`: the inner states are regions that run side by side.")  # noqa: FBT003 - pydantic's way
    end: Literal["done", "cancelled"] | None = Field(None, description="The case ends here.")


class Opening(Shape):
    """An `open`: who may open a case, and with which form."""

    by: Who | None = Field(None, description="Roles and person fields that may open a case.")
    ask: Fields = Field((), description="Fields that must be given to open a case.")
    may: Fields = Field((), description="Fields that can be given to open a case.")


class Clock(Shape):
    """An SLA clock: a promise, from when until when."""

    starts: States = Field(alias="from", description="The states whose entry starts it.")
    stops: States = Field(alias="until", description="The states whose entry stops it.")
    renew: Events = Field((), description="Events that close the cycle and open a new one.")
    target: TableForm = Field(description="The promised time.")
    calendar: CalendarRef | None = Field(None, description="The calendar it counts in; else that of the process.")
    escalation: EscalationRef | None = Field(
        None, description="Who hears about it; else the escalation of the process."
    )
    again: Literal["restart", "continue", "ignore"] | None = Field(None, description="What a start after a stop does.")
    title: Text | None = Field(None, description="The name for people, one text or one per language.")


class FieldForm(Shape):
    """A field: one value of a case."""

    type: TypeText = Field(
        description="text, number, money, flag, date, datetime, person, list, files, `a | b`, `1..5`, `1h..72h`."
    )
    calendars: Calendars = Field((), description="The calendars that a time in this field may count on by name.")
    private: Truth = Field(False, description="`true`: never in journals, logs, exports and hook calls.")  # noqa: FBT003 - pydantic's way
    seen_by: Who | None = Field(
        None, description="Roles and person fields that may see it; else what the process says."
    )
    title: Text | None = Field(None, description="The name for people, one text or one per language.")


class CalendarForm(Shape):
    """A calendar: when people work."""

    timezone: str = Field(description="The time zone, as in `Asia/Shanghai`.")
    hours: dict[Weekdays, Hours] = Field(description="Working hours per weekday.")
    days: WeekdayList = Field((), description="The weekdays that `2d` counts; else every weekday with hours.")
    holidays: str | None = Field(None, description="Whose public holidays are off, as in `CN` or `DE`.")
    makeup: Hours | None = Field(None, description="The hours of make-up working days.")
    exceptions: dict[DateText, Hours] = Field({}, alias="except", description="Single dates with hours of their own.")


class Migration(Shape):
    """A migration: how cases of an earlier version come over."""

    states: dict[str, StateRef] = Field({}, description="Old state: new state.")
    set: dict[FieldRef, Value] = Field({}, description="Fields to fill.")


MigrationForm = Annotated[
    Annotated[Literal["finish"], Tag("<finish>")] | Annotated[Migration, Tag("<migration>")],
    Discriminator(_migration),
]


class Words(Shape):
    """What a shared file holds, and a process file may hold for itself."""

    use: Names = Field((), description="Shared files next to this one.")
    languages: Languages = Field((), description="The languages of titles and labels, the default first.")
    roles: RoleNames = Field((), description="Roles of the people who act.")
    qualifications: QualificationNames = Field((), description="What people can be qualified for.")
    calendars: dict[CalendarName, CalendarForm] = Field({}, description="Working hours and holidays.")
    escalations: dict[EscalationName, dict[StepText, Do]] = Field(
        {}, description="Who hears about it as a promise runs down."
    )
    targets: dict[TableName, TableForm] = Field({}, description="Promised times, by name.")
    fields: dict[FieldName, Annotated[FieldForm, BeforeValidator(_typed), Short("type")]] = Field(
        {}, description="Data of a case."
    )
    hooks: HookNames = Field((), description="What the host provides.")
    labels: dict[LanguageRef, dict[str, Scalar]] = Field({}, description="Names for people, per language.")


class SharedFile(Words):
    """A shared file: words that several processes use."""

    shared: Name = Field(description="The name of this file of shared words.")


class ProcessFile(Words):
    """A process: one file, one version of its behaviour."""

    process: ProcessName = Field(description="The name of the process.")
    version: Count = Field(description="The version of the behaviour, counting up from 1.")
    title: Text | None = Field(None, description="The name for people, one text or one per language.")
    calendar: CalendarRef | None = Field(None, description="The calendar that all times count in.")
    escalation: EscalationRef | None = Field(None, description="Who is told as limits and promises run down.")
    open: Opening | None = Field(None, description="Who may open a case, with which form.")
    by: Who | None = Field(None, description="Roles and person fields that may act where nothing else is said.")
    not_by: Barred = Field((), description="Person fields that may act nowhere.")
    qualified: QualifiedForm | None = Field(None, description="Qualifications needed where nothing else is said.")
    pause: Clocks = Field((), description="SLA clocks that stand still in every state.")
    seen_by: Sights | None = Field(None, description="Who may see all fields that say nothing else, or only some.")
    sla: dict[ClockName, Clock] = Field({}, description="SLA clocks.")
    anywhere: dict[EventName, AnywhereForm] = Field({}, description="Events offered in several states.")
    states: dict[StateName, State] = Field(description="The states; a case starts in the first one.")
    gives: Fields = Field((), description="Fields that a case waiting for this one gets back.")
    migrate: dict[Count, MigrationForm] = Field({}, description="How cases of earlier versions come over.")


Rows.model_rebuild()
