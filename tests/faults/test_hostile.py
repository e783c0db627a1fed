"""Whatever somebody sends: a refused form or one clear error, nothing changed, and soon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn, cast

import pytest
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bounded import bounded
from engine.desk import LI, MONDAY
from faults.fragile import rows
from svcflow import Actor, Engine, FileRef, ManualClock, Refusal, language
from svcflow.errors import Refused, SvcflowError

KINDS = {
    "text": "text", "number": "number", "money": "money", "flag": "flag", "date": "date", "moment": "datetime",
    "person": "person", "list": "list", "files": "files", "choice": "a | b | c", "range": "1..5",
    "duration": "1h..72h",
}  # fmt: skip
PROCESS = f"""
process: anything
version: 1
roles: [agent]
fields: {{{", ".join(f"a_{name}: {kind}" for name, kind in KINDS.items())}}}
open: {{by: agent, may: [{", ".join(f"a_{name}" for name in KINDS)}]}}
states:
  open:
    by: agent
    events:
      fill: {{to: here, may: [{", ".join(f"a_{name}" for name in KINDS)}]}}
      close: closed
  closed: {{end: done}}
"""


class Grumpy:
    """An object that does nothing anybody asks it to do."""

    def _no(self, *_: object) -> NoReturn:
        raise RuntimeError("no")

    __str__ = __repr__ = __eq__ = __hash__ = __iter__ = __len__ = __bool__ = __format__ = _no


def nested(depth: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


def mapped(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(depth):
        found = {"inside": found}
    return found


def endless() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


LONG = "x" * 10_000_000
HOSTILE: dict[str, Callable[[], Any]] = {
    "ten million letters": lambda: LONG,
    "ten million digits": lambda: "9" * 10_000_000,
    "ten million bytes": LONG.encode,
    "a million items": lambda: ["x"] * 1_000_000,
    "a deep list": lambda: nested(10_000),
    "a deep mapping": lambda: mapped(10_000),
    "a list in itself": endless,
    "a NUL": lambda: "a\0b",
    "half a surrogate pair": lambda: "\ud800",
    "a list with half a pair": lambda: ["ok", "\udfff"],
    "not a number": lambda: float("nan"),
    "for ever": lambda: float("inf"),
    "a huge exponent": lambda: "1e999999999",
    "a huge decimal": lambda: Decimal("1e999999"),
    "a whole number without end": lambda: 10**10_000,
    "a signalling NaN": lambda: Decimal("sNaN"),
    "naive": lambda: datetime(2026, 3, 2),  # noqa: DTZ001 - the mistake
    "the last day": lambda: date.max,
    "the last moment": lambda: "9999-12-31T23:59:59.999999-12:00",
    "a year before all": lambda: "0000-01-01",
    "an object": object,
    "a grumpy object": Grumpy,
    "a class": lambda: dict,
    "a generator": lambda: (n for n in range(3)),
    "a set": lambda: {1, 2},
    "numbers as keys": lambda: {1: 2},
    "a file that is none": lambda: {"id": 1, "name": [], "size": -1, "sha256": None},
    "a file with a huge size": lambda: FileRef("1", "a", 2**70, "00"),
    "a file with a NUL": lambda: FileRef("1", "a\0", 1, "00"),
}


@frozen
class Desk:
    """An engine with one open case, and a look at everything that it keeps."""

    engine: Engine
    path: Path | None

    def look(self) -> object:
        if self.path is not None:
            return rows(self.path)
        return self.engine.cases(), self.engine.journal("T-1"), self.engine.outbox(), self.engine.store.processes("")

    def fill(self, form: dict[str, Any], key: str | None) -> Refusal | None:
        """Send a form; the refusal if it was refused, else the case has it now."""
        try:
            after = self.engine.send("T-1", "fill", form, actor=LI, key=key)
        except Refused as refused:
            return cast("Refusal", refused.refusal)
        assert after == self.engine.case("T-1")
        return None


@pytest.fixture(params=["memory", "sqlite"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    path = tmp_path / "cases.db" if request.param == "sqlite" else None
    url = ":memory:" if path is None else f"sqlite:///{path}?synchronous=NORMAL"
    with Engine(url, clock=ManualClock(MONDAY)) as engine:
        engine.publish(language.compile_sources({"anything.yaml": PROCESS}, "anything.yaml"))
        engine.open("anything", actor=LI, id="T-1", key="open")
        yield Desk(engine, path)


@pytest.mark.requirement("R149")
@pytest.mark.parametrize("what", HOSTILE)
def test_a_value_that_no_field_can_take_is_refused_or_read_as_something_harmless(desk: Desk, what: str) -> None:
    for kind in KINDS:
        field, key, value = f"a_{kind}", f"once/{kind}", HOSTILE[what]()
        before = desk.look()
        with bounded():
            refusal = desk.fill({field: value}, key)
        if refusal is not None:
            assert (refusal.code, list(refusal.parameters["problems"])) == ("form", [field])
            assert len(str(refusal)) < 1000
            assert desk.look() == before
            desk.engine.send("T-1", "fill", actor=LI, key=key)
    assert len(desk.engine.journal("T-1")) == 1 + len(KINDS)
    assert desk.engine.verify().broken == ()


TEXTS: dict[str, str] = {
    "empty": "", "blank": " ", "long": LONG, "a NUL": "a\0b", "half a pair": "\ud800", "a line": "a\nb",
    "SQL": "' OR 1=1 --",
    "a path": "../../etc/passwd", "a direction": "\u202eabc", "dots": "repair.onsite", "ours": "+done/closed",
    "JSON": '{"a": 1}', "formats": "%s {0} ${x}",
}  # fmt: skip
DOORS: dict[str, Callable[[Engine, str], object]] = {
    "event": lambda engine, text: engine.send("T-1", text, actor=LI),
    "case": lambda engine, text: engine.send(text, "close", actor=LI),
    "key": lambda engine, text: engine.send("T-1", "fill", {"a_text": "x"}, actor=LI, key=text),
    "key of opening": lambda engine, text: engine.open("anything", actor=LI, key=text),
    "id": lambda engine, text: engine.open("anything", actor=LI, id=text),
    "process": lambda engine, text: engine.open(text, actor=LI),
    "tenant": lambda engine, text: engine.open("anything", actor=LI, tenant=text),
    "actor": lambda engine, text: engine.send("T-1", "fill", actor=Actor(text, roles={"agent"})),
    "role": lambda engine, text: engine.send("T-1", "fill", actor=Actor("li", roles={text})),
    "group": lambda engine, text: engine.send("T-1", "fill", actor=Actor("li", roles={"agent"}, groups={text})),
    "deputy": lambda engine, text: engine.send("T-1", "fill", actor=Actor("li", roles={"agent"}, on_behalf_of=text)),
    "field": lambda engine, text: engine.send("T-1", "fill", {text: "x"}, actor=LI),
    "note": lambda engine, text: engine.note("T-1", text, actor=LI),
    "question": lambda engine, text: engine.cases(where={"a_text": text}),
    "question by field": lambda engine, text: engine.cases(where={text: "x"}),
    "question by state": lambda engine, text: engine.cases(state=text, process=text),
    "page": lambda engine, text: engine.cases(after=text),
    "journal": lambda engine, text: engine.journal(text),
    "menu": lambda engine, text: engine.menu("T-1", actor=Actor(text)),
    "skip": lambda engine, text: engine.skip("T-1", text, reason=text, actor=LI),
    "retry": lambda engine, text: engine.retry("T-1", text),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_text_that_is_no_name_is_taken_as_it_is_or_one_clear_error(desk: Desk, door: str) -> None:
    for text in TEXTS.values():
        before, failed = desk.look(), False
        with bounded():
            try:
                DOORS[door](desk.engine, text)
            except SvcflowError:
                failed = True
        assert not failed or desk.look() == before
    assert desk.engine.case("T-1").process == "anything"
    assert desk.engine.note("T-1", "all is well", actor=LI).seq >= 2
    assert desk.engine.verify().broken == ()


anything_at_all = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text() | st.binary()
    | st.dates() | st.datetimes() | st.datetimes(timezones=st.timezones()) | st.timedeltas() | st.complex_numbers(),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@given(forms=st.lists(st.dictionaries(st.sampled_from([f"a_{name}" for name in KINDS]), anything_at_all), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_value_is_kept_as_it_was_read_or_refused(desk: Desk, forms: list[dict[str, Any]]) -> None:
    for form in forms:
        before = desk.look()
        refusal = desk.fill(form, None)
        if refusal is not None:
            assert refusal.code == "form"
            assert desk.look() == before
    assert desk.engine.verify().broken == ()
