"""The words a process and its shared files bring along: roles, fields, calendars, hooks, languages and texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias, cast
from zoneinfo import ZoneInfo, available_timezones

from svcflow.core.calendar import Calendar, Holidays
from svcflow.core.event import EMPTY
from svcflow.core.hours import Shift
from svcflow.core.kinds import Kind as FieldKind
from svcflow.core.process import Field
from svcflow.core.rule import Place, Text
from svcflow.core.spelling import nearest
from svcflow.errors import CalendarError
from svcflow.language import schema
from svcflow.language.findings import Fix
from svcflow.language.forms import WEEKDAYS, read_date, read_weekdays
from svcflow.language.gather import Gathered
from svcflow.language.scope import Scope
from svcflow.language.spaces import CALENDAR, LANGUAGE
from svcflow.language.times import read_clock
from svcflow.language.types import read_type

_CHINA = "Asia/Shanghai"
_CHINESE = frozenset(("beijing", "peking", "china", "guangzhou", "shenzhen", "北京", "北京时间", "上海", "中国"))
"""What China's one zone is called after other places, which list no zone of their own."""

HolidaySource: TypeAlias = Callable[[str], Holidays]
"""Gives the holidays of a code such as `CN`; raises `CalendarError` for a code it does not know."""


def declare_words(scope: Scope, gathered: Gathered) -> None:
    """Enter every shared and own word of the process, languages first, since titles need them."""
    for file, form in gathered.forms.items():
        for number, language in enumerate(form.languages):
            if language not in scope.names("language"):
                scope.declare("language", language, (*gathered.prefix(file), "languages", number), key=False)
    scope.languages = tuple(scope.names("language"))
    for file, form in gathered.forms.items():
        _declare_names(scope, form, gathered.prefix(file))
    labels = merged_labels(gathered)
    scope.labelled = frozenset(labels)
    for file, form in gathered.forms.items():
        for name, field in form.fields.items():
            _declare_field(scope, name, field, (*gathered.prefix(file), "fields", name), labels.get(name, EMPTY))
    scope.fields["opened_at"] = Field("opened_at", "datetime")
    scope.declared.setdefault("moment", {})["opened_at"] = ()
    _same_name_twice(scope)


def _declare_names(scope: Scope, form: schema.Words, prefix: Place) -> None:
    for number, role in enumerate(form.roles):
        scope.declare("role", role, (*prefix, "roles", number), key=False)
    for number, name in enumerate(form.qualifications):
        scope.declare("qualification", name, (*prefix, "qualifications", number), key=False)
    for number, hook in enumerate(form.hooks):
        scope.declare("hook", hook, (*prefix, "hooks", number), key=False)
    for name in form.calendars:
        scope.declare("calendar", name, (*prefix, "calendars", name))
    for name in form.escalations:
        scope.declare("escalation", name, (*prefix, "escalations", name))
    for name in form.targets:
        scope.declare("table", name, (*prefix, "targets", name))
    for language in form.labels:
        scope.refer(LANGUAGE, language, (*prefix, "labels", language), key=True)


def _declare_field(scope: Scope, name: str, form: schema.FieldForm, place: Place, label: Text) -> None:
    kind, choices, low, high, unit = read_type(form.type)
    title = text(scope, form.title, (*place, "title")) or label
    scope.declare("field", name, place)
    if name not in scope.fields:
        scope.fields[name] = Field(
            name, cast("FieldKind", kind), choices, low, high, form.private, title, unit=unit, calendars=form.calendars
        )
    _declare_calendars(scope, form, kind, place)
    if kind == "person":
        scope.declared.setdefault("person", {}).setdefault(name, place)
    elif kind in {"date", "datetime"}:
        scope.declared.setdefault("moment", {}).setdefault(name, place)
    elif kind == "duration":
        scope.declared.setdefault("duration", {}).setdefault(name, place)


def _declare_calendars(scope: Scope, form: schema.FieldForm, kind: str, place: Place) -> None:
    """The calendars that a field of times names; they are used where one of its times is."""
    if form.calendars and kind != "duration":
        scope.error("SF106", (*place, "calendars"), f"a {kind} field counts on no calendar", key=True,
                    hint="`calendars` stands with a field of times, as in `1h..72h`")  # fmt: skip
        return
    known = {*scope.names("calendar"), *CALENDAR.words}
    for number, name in enumerate(form.calendars):
        if name not in known:
            scope.miss(CALENDAR, name, scope.sources.word((*place, "calendars", number), name))


def _same_name_twice(scope: Scope) -> None:
    """SF212, SF214: one name for two things that can stand at the same place."""
    roles, fields, tables = scope.names("role"), scope.names("field"), scope.names("table")
    for name in scope.names("duration"):
        if name in tables:
            note = scope.sources.secondary(tables[name], "the table", key=True)
            scope.error("SF214", fields[name], f"`{name}` is both a table and a field of promised times", key=True,
                        hint="rename one of them: a time could mean either", notes=(note,))  # fmt: skip
    for name in scope.names("person"):
        if name in roles:
            note = scope.sources.secondary(roles[name], "the role")
            scope.error("SF214", fields[name], f"`{name}` is both a role and a person field", key=True,
                        hint="rename one of them: under `by` it could mean either", notes=(note,))  # fmt: skip
    for field in scope.fields.values():
        for word in field.choices:
            if word in fields:
                note = scope.sources.secondary(fields[word], "the field", key=True)
                message = f"`{word}` is both a field and a choice word of `{field.name}`"
                scope.error("SF212", fields[field.name], message,
                            hint="rename one of them: conditions could mean either", notes=(note,))  # fmt: skip


def merged_labels(gathered: Gathered) -> Mapping[str, Text]:
    """Labels of all files per name; those of a later file, the process's own last, win."""
    merged: dict[str, dict[str, str]] = {}
    for form in gathered.forms.values():
        for language, words in form.labels.items():
            for name, label in words.items():
                merged.setdefault(name, {})[language] = label
    return {name: MappingProxyType(texts) for name, texts in merged.items()}


def text(scope: Scope, form: Mapping[str, str] | None, place: Place) -> Text:
    """A title: one text, or one per language; each language must be one of those of the process."""
    if form is None:
        return EMPTY
    if "" in form:
        return MappingProxyType(dict(form))
    for language in form:
        scope.refer(LANGUAGE, language, (*place, language), key=True)
    missing = [language for language in scope.languages if language not in form]
    if missing and all(language in scope.languages for language in form):
        scope.warn("SF801", place, f"no title in {' and '.join(f'`{language}`' for language in missing)}", key=True,
                   hint=f"add `{missing[0]}: ...`")  # fmt: skip
    return MappingProxyType(dict(form))


def calendars(
    scope: Scope, gathered: Gathered, holidays: HolidaySource, *, spared: bool = True
) -> Mapping[str, Calendar]:
    """
    The calendars of the process and its shared files, ready to count.

    With `spared`, those of shared files that the process does not use are left out, and not even looked at: their
    holidays may not be at hand.
    """
    built: dict[str, Calendar] = {}
    for file, form in gathered.forms.items():
        for name, written in form.calendars.items():
            if spared and file != gathered.file and ("calendar", name) not in scope.used:
                continue
            calendar = _calendar(scope, name, written, (*gathered.prefix(file), "calendars", name), holidays)
            if calendar is not None:
                built.setdefault(name, calendar)
    return built


def _calendar(
    scope: Scope, name: str, form: schema.CalendarForm, place: Place, holidays: HolidaySource
) -> Calendar | None:
    before = len(scope.found)
    zone = _zone(scope, form.timezone, (*place, "timezone"))
    weekly: dict[int, list[Shift]] = {}
    for days, hours in form.hours.items():
        for day in read_weekdays(days):
            if day in weekly:
                scope.error("SF508", (*place, "hours", days), f"{WEEKDAYS[day]} has hours twice", key=True,
                            hint="write each weekday once, with all of its hours")  # fmt: skip
            weekly[day] = _shifts(scope, hours, (*place, "hours", days))
    if not any(weekly.values()):
        scope.error("SF508", (*place, "hours"), f"calendar `{name}` has no working time", key=True,
                    hint="write for example `mon-fri: [09:00-17:00]`")  # fmt: skip
    days_off = _holidays(scope, form.holidays, (*place, "holidays"), holidays)
    makeup = None if form.makeup is None else _shifts(scope, form.makeup, (*place, "makeup"))
    exceptions = {
        read_date(day): _shifts(scope, hours, (*place, "except", day)) for day, hours in form.exceptions.items()
    }
    workdays = [day for days in form.days for day in read_weekdays(days)] or None
    if zone is None or len(scope.found) > before:
        return None
    return Calendar(name, zone, weekly, workdays=workdays, makeup=makeup, exceptions=exceptions, holidays=days_off)


def _zone(scope: Scope, name: str, place: Place) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        zones = sorted(available_timezones())
        near = _CHINA if name.casefold().rpartition("/")[2] in _CHINESE else nearest(name, zones)
        fix = Fix.word(scope.sources.span(place), near, name, zones) if near else None
        hint = f"did you mean `{near}`?" if near else "write it as in `Asia/Shanghai`, `Europe/Berlin` or `UTC`"
        scope.error("SF508", place, f"there is no time zone `{name}`", hint=hint, fix=fix)
        return None


def _shifts(scope: Scope, hours: tuple[str, ...], place: Place) -> list[Shift]:
    shifts: list[Shift] = []
    for number, written in enumerate(hours):
        shift = Shift(*read_clock(written))
        if any(shift.start < other.end and other.start < shift.end for other in shifts):
            scope.error("SF508", (*place, number), f"the hours `{written}` overlap others of the same day",
                        hint="write each working minute once")  # fmt: skip
        else:
            shifts.append(shift)
    return shifts


def _holidays(scope: Scope, code: str | None, place: Place, source: HolidaySource) -> Holidays | None:
    if code is None:
        return None
    try:
        return source(code)
    except (CalendarError, LookupError) as error:
        similar = getattr(error, "similar", ())
        hint = f"did you mean `{similar[0]}`?" if similar else "write a country, as in `CN`, or a region, as in `US-CA`"
        scope.error("SF508", place, f"no holidays are known for `{code}`", hint=hint)
        return None
