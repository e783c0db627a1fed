"""Promised times: lengths, windows and tables of them, with every calendar and field found."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import evolve, frozen

from svcflow.core.process import Field
from svcflow.core.promise import Agreed, Promise, Table, Time, Window, cells
from svcflow.core.rule import Place
from svcflow.core.spelling import nearest
from svcflow.language import schema
from svcflow.language.findings import Fix
from svcflow.language.forms import read_cell
from svcflow.language.gather import Gathered
from svcflow.language.scope import Scope
from svcflow.language.spaces import CALENDAR, FIELD, SINCE, TABLE
from svcflow.language.times import WrittenTime, WrittenWindow, read_length, read_time, read_window


@frozen
class Context:
    """What a time inherits from around it: its calendar and its `since`; `window` says which kind is wanted."""

    calendar: str
    since: str | None = None
    window: bool | None = False


@frozen(eq=False)
class Times:
    """Compiles the times of one process; `targets` are its tables of promised times with their places."""

    scope: Scope
    targets: Mapping[str, tuple[schema.TableForm, Place]]

    @classmethod
    def of(cls, scope: Scope, gathered: Gathered) -> Times:
        """All tables of the process and its shared files; each is looked through once, used or not."""
        targets: dict[str, tuple[schema.TableForm, Place]] = {}
        for file, form in gathered.forms.items():
            for name, written in form.targets.items():
                targets.setdefault(name, (written, (*gathered.prefix(file), "targets", name)))
        times = cls(scope, targets)
        for written, place in targets.values():
            times.promise(written, place, Context("always", window=None))
        return times

    def time(self, form: schema.TableForm | None, place: Place, calendar: str) -> Time | Table | Agreed | None:
        """A time or a table of times; None where there is none, or where it is wrong and noted."""
        promise = None if form is None else self.promise(form, place, Context(calendar))
        return None if isinstance(promise, Window) else promise

    def after(self, key: str, place: Place, calendar: str) -> tuple[Time | Table | Agreed | None, bool]:
        """A key of `after`, and whether it repeats."""
        written = read_time(key)
        promise = self._written(written, place, Context(calendar), key=True)
        if written.every and promise is not None and any(isinstance(o, Time) and not o.amount for o in cells(promise)):
            self.scope.error("SF103", place, f"`{key}` would repeat without end: its table has a time of 0", key=True,
                             hint="write a longer time there, or leave the row out")  # fmt: skip
        return (None if isinstance(promise, Window) else promise), written.every

    def window(self, form: schema.WindowForm, place: Place, calendar: str) -> Window | Table | None:
        """A window or a table of windows."""
        context = Context(calendar, window=True)
        if isinstance(form, schema.WindowDates):
            return self._dates(form, place, context)
        promise = self.promise(form, place, context)
        return None if isinstance(promise, Time | Agreed) else promise

    def promise(self, form: schema.TableForm, place: Place, context: Context) -> Promise | None:
        """A promise as it stands under a word: a text, or a table."""
        if isinstance(form, schema.Table):
            return self._table(form, place, context)
        if ".." in form:
            return self._window(read_window(form), place, context)
        written = read_time(form)
        if written.every:
            once = form.removeprefix("every").strip()
            fix = Fix(f"write `{once}`", self.scope.sources.span(place), once)
            self.scope.error("SF103", place, "`every` repeats what stands under `after`; here it means nothing",
                             hint=f"write `{once}`", fix=fix)  # fmt: skip
        return self._fits(self._written(written, place, context), place, context)

    def _written(self, written: WrittenTime, place: Place, context: Context, *, key: bool = False) -> Promise | None:
        calendar, since = self._tails(written, place, context, key=key)
        if written.length is not None:
            return Time(written.length.amount, written.length.unit, calendar, since)
        if not self.scope.refer(TABLE, written.table, place, key=key):
            return None
        if written.table in self.scope.names("duration"):
            return self._agreed(written, place, Context(calendar, since), key=key)
        if written.otherwise is not None:
            self.scope.error("SF103", place, f"`{written.table}` is a table: what else holds is its row `default`",
                             key=key, hint="before `else` stands the name of a field that holds a time")  # fmt: skip
            return None
        form, target = self.targets[written.table]
        if isinstance(form, str) and self._names_a_table(form):
            self.scope.error("SF103", target, f"`{form}` is no time: a table cannot be another table's name",
                             hint="write the time, or name that table directly")  # fmt: skip
            return None
        inner = evolve(context, since=since, calendar=calendar)
        if written.calendar is not None and isinstance(form, schema.Table):
            form = form.model_copy(update={"calendar": written.calendar})
        return self.promise(form, target, inner)

    def _names_a_table(self, form: str) -> bool:
        """Whether a time under `targets` goes by another one there."""
        written = None if ".." in form else read_time(form)
        while written is not None:
            if written.table and written.table not in self.scope.names("duration"):
                return True
            written = written.otherwise
        return False

    def _agreed(self, written: WrittenTime, place: Place, context: Context, *, key: bool) -> Agreed | None:
        """A time that the case brings along in a field, else another one."""
        field = self.scope.fields[written.table]
        self.scope.used.add(("field", field.name))
        self.scope.used.update(("calendar", name) for name in field.calendars)
        default: Time | Table | Agreed | None = None
        if written.otherwise is not None:
            other = self._written(written.otherwise, place, context, key=key)
            if other is None or isinstance(other, Window):
                return None
            default = other
        return Agreed(field.name, field.ends, context.calendar, field.calendars, context.since, default)

    def _tails(
        self, written: WrittenTime | WrittenWindow, place: Place, context: Context, *, key: bool = False
    ) -> tuple[str, str | None]:
        calendar = written.calendar or context.calendar
        if written.calendar is not None:
            self.scope.refer(CALENDAR, written.calendar, place, key=key)
        else:
            self.scope.used.add(("calendar", calendar))
        if written.since is not None:
            self.refer_since(written.since, place, key=key)
        return calendar, written.since or context.since

    def refer_since(self, name: str, place: Place, *, key: bool = False) -> None:
        """Speak of the field a time counts from."""
        if self.scope.refer(SINCE, name, place, key=key):
            self.scope.used.add(("field", name))

    def _window(self, written: WrittenWindow, place: Place, context: Context) -> Window:
        calendar, since = self._tails(written, place, context)
        return Window(written.first, written.last, calendar, since)

    def _dates(self, form: schema.WindowDates, place: Place, context: Context) -> Window | None:
        ends = [read_length(form.first), read_length(form.last)] if self._plain_dates(form, place) else []
        if not ends:
            return None
        first, last = (end.amount * (7 if end.unit == "w" else 1) for end in ends)
        if last < first:
            self.scope.error("SF103", (*place, "to"), "the window closes before it opens", hint="swap `from` and `to`")
            return None
        if form.since is not None:
            self.refer_since(form.since, (*place, "since"))
        self.scope.used.add(("calendar", context.calendar))
        return Window(first, last, context.calendar, form.since or context.since,
                      form.count == "working", form.roll == "next")  # fmt: skip

    def _plain_dates(self, form: schema.WindowDates, place: Place) -> bool:
        fits = True
        for word, written in (("from", form.first), ("to", form.last)):
            time = read_time(written)
            if time.length is None or time.length.unit not in {"d", "w"} or time.every or time.calendar or time.since:
                self.scope.error("SF103", (*place, word), f"`{written}` is no number of dates",
                                 hint="write for example `2d`; the field stands under `since`")  # fmt: skip
                fits = False
        return fits

    def _table(self, form: schema.Table, place: Place, context: Context) -> Table | None:
        for number, name in enumerate(form.per):
            self.scope.refer(FIELD, name, (*place, "per", number))
        if form.calendar is not None:
            self.scope.refer(CALENDAR, form.calendar, (*place, "calendar"))
            context = evolve(context, calendar=form.calendar)
        fields = [self.scope.fields[name] for name in form.per if name in self.scope.fields]
        if len(fields) < len(form.per) or not choosable(self.scope, fields, place):
            return None
        return self._rows(form.table.root, (*place, "table"), fields, context)

    def _rows(
        self, rows: Mapping[str, schema.CellForm], place: Place, fields: list[Field], context: Context
    ) -> Table | None:
        field, rest = fields[0], fields[1:]
        built: dict[str, Promise] = {}
        for row, cell in rows.items():
            at = (*place, row)
            row_exists(self.scope, field, row, at)
            promise = self._cell(cell, at, rest, context)
            if promise is not None:
                built[row] = promise
        default = built.pop("default", None)
        return Table(field.name, built, default)

    def _cell(self, cell: schema.CellForm, at: Place, rest: list[Field], context: Context) -> Promise | None:
        if isinstance(cell, schema.Rows):
            if rest:
                return self._rows(cell.root, at, rest, context)
            self.scope.error("SF106", at, "one table inside the other more than `per` has fields", key=True,
                             hint="write a time, or add the field to `per`")  # fmt: skip
            return None
        if isinstance(cell, schema.WindowDates):
            return self._fits(self._dates(cell, at, context), at, context)
        written = read_cell(cell)
        if isinstance(written, WrittenWindow):
            return self._fits(self._window(written, at, context), at, context)
        if written.length is None or written.every:
            near = nearest(written.table, self.targets)
            self.scope.error("SF103", at, f"`{cell}` is no time: a table holds times",
                             hint=f"write the time; `{near}` can stand instead of the table" if near
                             else "write it as in `4h` or `2d on always`")  # fmt: skip
            return None
        return self._fits(self._written(written, at, context), at, context)

    def _fits(self, promise: Promise | None, at: Place, context: Context) -> Promise | None:
        """A window where a window is wanted, a time where a time is."""
        if promise is None or context.window is None or isinstance(promise, Table):
            return promise
        if isinstance(promise, Window) == context.window:
            return promise
        what, other = ("a window", "a time") if context.window else ("a time", "a window")
        example = "`2d..5d since served_at`" if context.window else "`2d` or `2d since served_at`"
        self.scope.error("SF103", at, f"{what} is needed here, not {other}", hint=f"write it as in {example}")
        return None


def choosable(scope: Scope, fields: list[Field], place: Place) -> bool:
    """Whether rows can be chosen by these fields."""
    wrong = [field for field in fields if field.kind not in {"choice", "flag", "range", "text"}]
    for field in wrong:
        scope.error("SF403", (*place, "per", field.name), f"a {field.kind} field cannot choose a row",
                         hint="rows are chosen by a choice, a flag, a `1..5` or a text")  # fmt: skip
    return not wrong


def row_exists(scope: Scope, field: Field, row: str, at: Place) -> None:
    """SF404: a row for a value that the field never has."""
    if field.kind == "text" or row == "default" or _has_value(field, row):
        return
    words = ("true", "false") if field.kind == "flag" else field.choices
    known = " | ".join(words) or f"{field.low}..{field.high}"
    near = nearest(row, (*words, "default"))
    span = scope.sources.span(at, key=True)
    fix = Fix.word(span, near, row, (*words, "default")) if near else None
    # A label says that the row is right, and the choice word misspelt.
    fix = fix and evolve(fix, sure=fix.sure and row not in scope.labelled)
    hint = f"did you mean `{near}`?" if near else "or `default`, when no other row fits"
    scope.error("SF404", at, f"`{row}` is not one of {known}", hint=hint, key=True, fix=fix)


def _has_value(field: Field, row: str) -> bool:
    """Whether a field can have the value that a row is written for."""
    if field.kind != "range":
        return row in (("true", "false") if field.kind == "flag" else field.choices)
    return (
        re.fullmatch("-?[0-9]{1,9}", row) is not None and str(int(row)) == row and field.low <= int(row) <= field.high
    )
