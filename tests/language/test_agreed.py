"""
Fields of times in a file: how they are written, where their names stand, and what the checks say of them.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from language.rulebook import ASIDE, findings
from svcflow.core.duration import Size
from svcflow.core.process import Field
from svcflow.core.promise import Agreed, Table, Time
from svcflow.diagram import booklet
from svcflow.diagram.wording import Wording
from svcflow.interchange import export
from svcflow.language import changes, compile_sources
from svcflow.language.behaviour import behaviour
from svcflow.language.files import Texts
from svcflow.language.handover import lost
from svcflow.language.rename import rename
from svcflow.lsp.offers import offers
from svcflow.lsp.view import View

DESK = """
process: desk
version: 1
calendar: office
escalation: house
escalations: {house: {100%: {notify: clerk}}}
calendars:
  office: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}}
  hotline: {timezone: UTC, hours: {mon-sun: [08:00-22:00]}}
roles: [clerk]
fields: {FIELDS}
targets: {speed: {per: priority, table: {P1: 4h, P2: 8h, default: 8h}}}
open: {by: clerk, may: [agreed, priority]}
sla: {fix: {from: new, until: closed, target: TARGET}}
states:
  new: {by: clerk, events: {close: closed, more: {to: here, MORE}}}
  closed: {end: done}
""".lstrip()
FIELDS = "agreed: {type: 1h..72h, calendars: [hotline, always]}, priority: P1 | P2"


def text(target: str = "agreed else speed", fields: str = FIELDS, more: str = "ask: agreed") -> str:
    return DESK.replace("{FIELDS}", f"{{{fields}}}").replace("TARGET", target).replace("MORE", more)


def found(*parts: str) -> list[str]:
    told = findings({"desk.yaml": text(*parts)}, "desk.yaml")
    return [f"{one.code} {one.message}" for one in told if one.code not in ASIDE]


def promise(target: str) -> object:
    return compile_sources({"desk.yaml": text(target)}, "desk.yaml").clocks["fix"].promise


def test_the_name_of_a_field_stands_where_a_time_stands_and_else_what_holds_without_it() -> None:
    ends, calendars = (Size(60, "min"), Size(72 * 60, "min")), ("hotline", "always")
    assert promise("agreed") == Agreed("agreed", ends, "office", calendars)
    assert promise("agreed else 8h") == Agreed("agreed", ends, "office", calendars, None, Time(8, "h", "office"))
    found = promise("agreed else speed on hotline since opened_at")
    assert isinstance(found, Agreed)
    assert (found.calendar, found.since) == ("hotline", "opened_at")
    assert isinstance(found.default, Table)
    assert found.default.rows["P1"] == Time(4, "h", "hotline", "opened_at")


def test_a_calendar_that_only_an_agreement_names_is_there() -> None:
    process = compile_sources({"desk.yaml": text("agreed else 8h")}, "desk.yaml")
    assert sorted(process.calendars) == ["always", "hotline", "office"]
    assert process.used_fields >= {"agreed"}
    assert "hotline" not in compile_sources({"desk.yaml": text("8h")}, "desk.yaml").calendars


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (("agreed else speed",), []),
        (("agreed else 8h",), []),
        (("agreed",), []),
        (("agreed else",), ["SF103 a time is missing after `else`"]),
        (("8h else agreed",), ["SF103 `8h` is never empty, so nothing can stand after it"]),
        (("speed else 8h",), ["SF103 `speed` is a table: what else holds is its row `default`"]),
        (("agreed else " * 6 + "8h",), ["SF103 `else` stands here too often"]),
        (("agreed else every 8h",), ["SF103 `every` stands in the middle"]),
        (("every agreed else 8h",), ["SF103 `every` repeats what stands under `after`; here it means nothing"]),
        (("agreed else 2d..5d",), ["SF103 `2d..5d` is no time: a time is a number and min, h, d, w, mo or y"]),
        (("agred else 8h",), ["SF205 no table of promised times is called `agred`"]),
        (("agreed else sped",), ["SF205 no table of promised times is called `sped`"]),
        (("priority else 8h",), ["SF205 no table of promised times is called `priority`"]),
        (("agreed else 8h", FIELDS + ", speed: 1h..2h"),
         ["SF214 `speed` is both a table and a field of promised times"]),
        (("agreed else 8h", "priority: P1 | P2, agreed: {type: 1h..72h, calendars: [hotlin]}"),
         ["SF204 no calendar is called `hotlin`"]),
        (("8h", "priority: P1 | P2, agreed: {type: text, calendars: [hotline]}"),
         ["SF106 a text field counts on no calendar"]),
        (("8h", "priority: P1 | P2, agreed: 1h..3d"), ["SF104 `1h..3d`: the two ends cannot be compared"]),
        (("8h", "priority: P1 | P2, agreed: 0h..3h"), ["SF104 the range `0h..3h` is empty"]),
        (("agreed else 8h", FIELDS, "when: agreed == '4h', ask: agreed"),
         ["SF403 `agreed` is a time from 1h to 72h; it cannot be compared"]),
        (("agreed else 8h", FIELDS, "when: filled(agreed), ask: priority"), []),
        (("agreed else 8h", FIELDS, "do: {set: {agreed: 4h on hotline}}"), []),
        (("agreed else 8h", FIELDS, "do: {set: {agreed: \"'4h'\"}}"), []),
        (("agreed else 8h", FIELDS, "do: {set: {agreed: 4h on office}}"),
         ["SF404 `agreed` must count on hotline or always, not 4h on office"]),
        (("agreed else 8h", FIELDS, "do: {set: {agreed: 4d}}"),
         ["SF404 `agreed` must be a time from 1h to 72h, not 4d"]),
        (("agreed else 8h", FIELDS + ", wide: 1h..99h", "ask: wide, do: {set: {agreed: wide}}"),
         ["SF403 `agreed` is a time from 1h to 72h; `wide` is not"]),
        (("agreed else 8h", FIELDS + ", tight: 2h..9h", "ask: tight, do: {set: {agreed: tight}}"), []),
    ],
)  # fmt: skip
def test_what_is_told_of_fields_of_times(parts: tuple[str, ...], told: list[str]) -> None:
    assert [one for one in found(*parts) if not one.startswith(("SF2", "SF5")) or one in told] == told


def test_a_target_may_be_named_once_for_what_is_agreed_but_not_by_another_name() -> None:
    named = text("both").replace("targets: {", "targets: {both: agreed else 8h, ")
    assert isinstance(compile_sources({"desk.yaml": named}, "desk.yaml").clocks["fix"].promise, Agreed)
    twice = text("both").replace("targets: {", "targets: {both: agreed else speed, ")
    told = [one.message for one in findings({"desk.yaml": twice}, "desk.yaml")]
    assert "`agreed else speed` is no time: a table cannot be another table's name" in told


@pytest.mark.requirement("R200")
def test_the_shortest_agreement_that_is_possible_is_judged_like_a_row_of_a_table() -> None:
    slow = text("agreed else 30d").replace("closed, more", "{to: waiting}, more")
    slow = slow.replace("  closed:", "  waiting: {by: clerk, wait: 2h, events: {close: closed}}\n  closed:")
    told = [one for one in findings({"desk.yaml": slow}, "desk.yaml") if one.code == "SF504"]
    assert [one.message for one in told] == [
        "clock `fix` cannot be met where 1h is promised: the quickest way takes 2h"
    ]


def test_a_promise_without_else_is_told_where_nothing_fills_its_field() -> None:
    late = text("agreed", more="do: {notify: clerk}").replace("may: [agreed, priority]", "may: priority")
    told = [one for one in findings({"desk.yaml": late}, "desk.yaml") if one.code == "SF412"]
    assert [one.message for one in told] == [
        "`fix` never promises anything: `agreed` is empty as long as the clock runs"
    ]
    assert told[0].help == "ask for `agreed` before it stops, or write what else holds, `agreed else 8h`"


def test_what_differs_between_two_versions_is_told_in_words() -> None:
    before = compile_sources({"desk.yaml": text("8h")}, "desk.yaml")
    now = compile_sources({"desk.yaml": text("agreed else speed on hotline")}, "desk.yaml")
    told = " / ".join(str(one) for one in changes(before, now))
    assert "agreed else by priority (P1, P2, default) on hotline" in told
    wider = compile_sources(
        {"desk.yaml": text(fields=FIELDS.replace("72h", "99h").replace("hotline, ", ""))}, "desk.yaml"
    )
    told = " / ".join(str(one) for one in changes(compile_sources({"desk.yaml": text()}, "desk.yaml"), wider))
    assert "1h..99h" in told
    assert "hotline" in told


def test_a_process_without_such_fields_behaves_as_it_did() -> None:
    plain = behaviour(compile_sources({"desk.yaml": text("8h", "agreed: text, priority: P1 | P2")}, "desk.yaml"))
    assert all({"unit", "calendars"}.isdisjoint(one) for one in plain["fields"].values())
    own = behaviour(compile_sources({"desk.yaml": text()}, "desk.yaml"))["fields"]["agreed"]
    assert (own["unit"], own["calendars"]) == ("min", ["hotline", "always"])


def test_a_time_gets_into_a_field_that_takes_all_the_giving_one_holds() -> None:
    def field(type_: str, calendars: str = "[]") -> str:
        return f"priority: P1 | P2, agreed: {{type: {type_}, calendars: {calendars}}}" if calendars != "[]" else (
            f"priority: P1 | P2, agreed: {type_}"
        )  # fmt: skip

    def of(written: str) -> Field:
        return compile_sources({"desk.yaml": text("8h", written)}, "desk.yaml").fields["agreed"]

    assert lost(of(field("2h..4h")), of(field("1h..4h", "[hotline]"))) == ""
    assert (
        lost(of(field("2h..4h", "[hotline]")), of(field("2h..4h")))
        == "it is 2h..4h on hotline on one side and 2h..4h on the other"
    )
    assert lost(of(field("2d..4d")), of(field("2h..4h"))) == "it is 2d..4d on one side and 2h..4h on the other"


def test_a_field_that_is_renamed_is_renamed_in_times(tmp_path: Path) -> None:
    states = """
    states:
      new:
        by: clerk
        limit: agreed else speed
        events: {close: {to: closed, ask: agreed}}
        after: {every agreed else 3d: {do: {notify: clerk}}}
      closed: {end: done}
    """
    file = tmp_path / "desk.yaml"
    file.write_text(text("agreed else 8h since opened_at").partition("states:")[0] + dedent(states), "utf-8")
    after = next(iter(rename("field", "agreed", "promised", file).after.values()))
    assert "agreed" not in after
    assert after.count("promised else") == 3


def test_a_drawing_says_by_which_field_a_clock_promises_and_what_else_holds() -> None:
    process = compile_sources({"desk.yaml": text()}, "desk.yaml")
    english, chinese = (Wording.of(process, language) for language in ("en", "zh"))
    assert english.promise(process.clocks["fix"].promise) == "Agreed, else (by Priority: P1 4h, P2 8h, otherwise 8h)"
    assert (
        chinese.promise(process.clocks["fix"].promise)
        == "Agreed，否则（按 Priority：P1 4 小时、P2 8 小时、其他 8 小时）"
    )
    assert english.span(process.fields["agreed"]) == "1h to 72h on hotline, always"
    assert chinese.span(process.fields["agreed"]) == "1 小时 至 72 小时（hotline、全天候）"
    since = compile_sources({"desk.yaml": text("agreed since opened_at")}, "desk.yaml")
    assert Wording.of(since, "en").promise(since.clocks["fix"].promise) == "Agreed since opening"
    assert "1h to 72h on hotline" in " ".join(booklet([process]).values())


def test_what_an_export_loses_is_told_with_the_name_of_the_field() -> None:
    process = compile_sources({"desk.yaml": text()}, "desk.yaml")
    assert [loss.text for loss in export(process, to="scxml").losses if loss.kind == "clocks"] == [
        "agreed else by priority, from new until closed"
    ]
    bare = compile_sources({"desk.yaml": text("agreed")}, "desk.yaml")
    assert "agreed, from new until closed" in [loss.text for loss in export(bare, to="scxml").losses]


def test_an_editor_offers_fields_of_times_where_a_time_stands() -> None:
    def offered(target: str) -> set[str]:
        written = text(target)
        at = written.index("‸")
        view = View(Texts({"desk.yaml": written.replace("‸", "")}))
        return {offer.text for offer in offers(view, "desk.yaml", written.replace("‸", ""), at).offers}

    assert {"agreed", "speed"} <= offered("‸")
    assert "priority" not in offered("‸")
    assert {"on", "since", "else"} <= offered("agreed ‸")
    assert {"agreed", "speed"} <= offered("agreed else ‸")
