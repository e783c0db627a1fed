"""What a step of a story expects, against what is: every difference in words, with the line that expects it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from attrs import frozen

from svcflow.core.case import Case
from svcflow.core.decision import HookCall
from svcflow.core.rule import Place
from svcflow.core.sight import UNSEEN
from svcflow.errors import FoundRefusal
from svcflow.inquiry import ClockView
from svcflow.stories.desk import Desk, Happening
from svcflow.stories.moments import dated, read_length, written_length, written_moment
from svcflow.stories.names import NOTIFY, standing, stands_in
from svcflow.stories.schema import REFUSALS, ClockForm, Done, Step
from svcflow.stories.story import Story
from svcflow.stories.values import value_of

MINUTE = timedelta(minutes=1)


@frozen
class Miss:
    """One thing that is not as the story says: what it is about, what is expected on which line, and what is."""

    line: int
    what: str
    expected: str
    actual: str


@frozen(eq=False)
class Stand:
    """How things stand after a step: what happened and was called in it, and whether it was refused."""

    desk: Desk
    story: Story
    course: Sequence[Happening]
    calls: Sequence[HookCall]
    refusal: FoundRefusal | None

    def miss(self, place: Place, what: str, expected: str, actual: str) -> Miss:
        """A miss on the line of a place."""
        return Miss(self.story.line(place), what, expected, actual)


def missed(stand: Stand, step: Step, place: Place) -> Iterator[Miss]:
    """What a step expects and what is not so."""
    yield from _refusal(stand, step, place)
    if not stand.desk.course:
        return
    case = stand.desk.case(step.case)
    yield from _states(stand, case, step.state, (*place, "state"))
    yield from _fields(stand, case, step.fields, (*place, "fields"))
    yield from _sees(stand, case, step.sees, (*place, "sees"))
    yield from _clocks(stand, case, step.clocks, (*place, "clocks"))
    if step.does is not None:
        yield from _does(stand, step.does, (*place, "does"))
    for name, states in step.cases.items():
        inner = (*place, "cases", name)
        if name in {one.process for one in stand.desk.cases()}:
            yield from _states(stand, stand.desk.case(name), states, inner)
        else:
            yield stand.miss(inner, f"case of {name}", " and ".join(states), "none was opened")


def _refusal(stand: Stand, step: Step, place: Place) -> Iterator[Miss]:
    refusal, what = stand.refusal, "open" if step.open is not None else step.send or ""
    if step.refused is None:
        if refusal is not None:
            yield stand.miss((*place, "send"), what, "accepted", why(refusal))
        return
    ((word, fields),) = step.refused.items()
    inner = (*place, "refused")
    if refusal is None or refusal.code != REFUSALS[word]:
        yield stand.miss(inner, what, f"refused ({word})", "accepted" if refusal is None else why(refusal))
        return
    problems = refusal.parameters.get("problems", {})
    for name in fields:
        if name not in problems:
            yield stand.miss(inner, what, f"refused for {name}", why(refusal))


def why(refusal: FoundRefusal) -> str:
    """A refusal in one line, its code first."""
    given = {name: value for name, value in refusal.parameters.items() if name != "state"}
    told = "; ".join(_shown_parameter(value) for value in given.values())
    return f"refused ({refusal.code}{': ' if told else ''}{told})"


def _shown_parameter(value: object) -> str:
    match value:
        case Mapping():
            return "; ".join(f"{name} {text}" for name, text in value.items())
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _states(stand: Stand, case: Case, words: Iterable[str], place: Place) -> Iterator[Miss]:
    process = stand.story.processes[case.process]
    absent = [word for word in words if not stands_in(process, case, word)]
    if absent:
        what = "state" if case.process == stand.story.process.name else f"state of {case.process}"
        yield stand.miss(place, what, " and ".join(words), case.state)


def _fields(stand: Stand, case: Case, fields: Mapping[str, Any], place: Place) -> Iterator[Miss]:
    process = stand.story.processes[case.process]
    for name, written in fields.items():
        expected, actual = value_of(process, name, written), case.fields.get(name)
        if expected != actual:
            shown = (shown_value(value, stand.story.zone) for value in (expected, actual))
            yield stand.miss((*place, name), name, *shown)


def _sees(stand: Stand, case: Case, sees: Mapping[str, Iterable[str]], place: Place) -> Iterator[Miss]:
    """Which of the filled fields somebody sees; when a case was opened is seen by everybody, and not spoken of."""
    for who, names in sees.items():
        shown = stand.desk.engine.case(case.id, viewer=stand.story.people[who]).fields.items()
        expected, actual = sorted(names), sorted(name for name, value in shown if value is not UNSEEN)
        actual.remove("opened_at")
        if expected != actual:
            told = (", ".join(fields) or "nothing" for fields in (expected, actual))
            yield stand.miss((*place, who), f"what {who} sees", *told)


def shown_value(value: object, zone: tzinfo = UTC) -> str:
    """A value as a story would write it."""
    match value:
        case None:
            return "empty"
        case bool():
            return str(value).lower()
        case datetime():
            return written_moment(value, zone)
        case tuple() | list():
            return ", ".join(shown_value(getattr(item, "name", item), zone) for item in value)
        case _:
            return str(value)


# ── clocks ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _clocks(stand: Stand, case: Case, forms: Mapping[str, ClockForm], place: Place) -> Iterator[Miss]:
    views = stand.desk.engine.clocks(case.id) if forms else ()
    for name, form in forms.items():
        inner = (*place, name)
        kind = "clock" if name in stand.story.processes[case.process].clocks else "limit"
        view = next((one for one in reversed(views) if (one.kind, one.name) == (kind, name)), None)
        if view is None:
            yield stand.miss(inner, name, "a clock that began", "it has not begun")
        else:
            yield from _clock(stand, view, form, inner)


def _clock(stand: Stand, view: ClockView, form: ClockForm, place: Place) -> Iterator[Miss]:
    is_so = {"met": view.met is True, "late": view.late, view.state: True}
    if not all(is_so.get(word, False) for word in form.stands):
        yield stand.miss(place, view.name, " and ".join(form.stands), stood(view))
    if form.due is not None and dated(form.due, stand.story.zone) != view.due:
        due = "no due time" if view.due is None else written_moment(view.due, stand.story.zone)
        yield stand.miss(place, f"due of {view.name}", form.due, due)
    for word in ("remaining", "elapsed"):
        written, length = getattr(form, word), getattr(view, word)
        if written is not None and (length is None or abs(read_length(written) - length) >= MINUTE):
            yield stand.miss(
                place, f"{view.name} {word}", written, "none" if length is None else written_length(length)
            )


def stood(view: ClockView) -> str:
    """How a clock stands, in the words of a story."""
    verdict = "late" if view.late else "met" if view.met else ""
    return " and ".join(word for word in (view.state, verdict) if word)


# ── what happened ──────────────────────────────────────────────────────────────────────────────────────────────


def _does(stand: Stand, done: Done, place: Place) -> Iterator[Miss]:
    for hook, arguments in done.hook.items():
        calls = [call for call in stand.calls if call.hook == hook]
        if not any(_fits(stand, call, arguments) for call in calls):
            told = ", ".join(f"{name}: {value}" for name, value in arguments.items())
            given = "; ".join(_arguments(stand, call, arguments) for call in calls)
            actual = f"called with {given}" if calls else _called(stand)
            yield stand.miss((*place, "hook", hook), f"hook {hook}", f"called{f' with {told}' if told else ''}", actual)
    for name, message in done.notify.items():
        calls = [call for call in stand.calls if call.hook == NOTIFY and name in audience(call)]
        if not any(message in {None, call.message} for call in calls):
            actual = f"told {_messages(calls)}" if calls else _called(stand)
            yield stand.miss((*place, NOTIFY, name), f"notify {name}", f"told {message or ''}".strip(), actual)
    opened = {happening.process for happening in stand.course if happening.entry.kind == "opened"}
    for number, name in enumerate(done.start):
        if name not in opened:
            yield stand.miss((*place, "start", number), f"start {name}", "opened", "not opened")


def _fits(stand: Stand, call: HookCall, arguments: Mapping[str, Any]) -> bool:
    process = stand.story.processes[call.process]
    return all(value_of(process, name, value) == call.fields.get(name) for name, value in arguments.items())


def _arguments(stand: Stand, call: HookCall, names: Iterable[str]) -> str:
    return ", ".join(f"{name}: {shown_value(call.fields.get(name), stand.story.zone)}" for name in names)


def audience(call: HookCall) -> frozenset[str]:
    """Whom a message went to, by all names: roles, persons, and the fields in which these persons stand."""
    names = frozenset(recipient.name for recipient in call.to)
    return names.union(name for name, value in call.fields.items() if isinstance(value, str) and value in names)


def _messages(calls: Iterable[HookCall]) -> str:
    return ", ".join(dict.fromkeys(call.message or "no message by name" for call in calls))


def _called(stand: Stand) -> str:
    calls = [
        f"notify {', '.join(recipient.name for recipient in call.to)}" if call.hook == NOTIFY else call.hook
        for call in stand.calls
    ]
    return f"this step did {'; '.join(dict.fromkeys(calls)) or 'nothing'}"


def forbidden(stand: Stand) -> Iterator[Miss]:
    """What a step did of that which must never happen."""
    never = stand.story.form.never
    for happening in stand.course:
        entered = {path for move in happening.entry.moves for path in move.entered}
        process = stand.story.processes[happening.process]
        for number, word in enumerate(never.state):
            if not entered.isdisjoint(standing(process, word)):
                yield _never(stand, ("state", number), f"state {word}", happening.entry.at)
        if happening.entry.kind == "opened" and happening.process in never.start:
            number = never.start.index(happening.process)
            yield _never(stand, ("start", number), f"start {happening.process}", happening.entry.at)
    for call in stand.calls:
        if call.hook in never.hook:
            yield _never(stand, ("hook", call.hook), f"hook {call.hook}", call.at)
        for name in never.notify if call.hook == NOTIFY else ():
            if name in audience(call):
                yield _never(stand, (NOTIFY, name), f"notify {name}", call.at)
    yield from _late(stand, never.late)


def _late(stand: Stand, names: Sequence[str]) -> Iterator[Miss]:
    for case in stand.desk.cases() if names else ():
        for view in stand.desk.engine.clocks(case.id):
            if view.name in names and view.late:
                yield _never(stand, ("late", names.index(view.name)), f"{view.name} late", stand.desk.now)


def _never(stand: Stand, place: Place, what: str, at: datetime) -> Miss:
    return stand.miss(("never", *place), what, "never", f"at {written_moment(at, stand.story.zone)}")
