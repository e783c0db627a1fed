"""The map of a log: complete, strict, everything wrong told at once with its place."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdesk import MAP, desk
from svcflow.core.event import Qualification
from svcflow.errors import InputError
from svcflow.replay import read_map
from svcflow.replay.mapping import Moments, Unreadable


def problems(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_map(text.encode(), "map.yaml")
    return str(caught.value).splitlines()


def moments(time: str) -> Moments:
    return read_map(f"{{case: id, event: what, time: {time}}}".encode(), "map.yaml").time


def test_a_map_says_which_column_is_what() -> None:
    found = read_map(MAP.encode(), "map.yaml")
    assert [column.name for column in found.columns()] == ["id", "at", "what", "who", "prio", "why"]
    assert found.event.read("Taken") == "take"
    assert found.event.read("Seen") is None
    assert found.actor is not None
    assert found.actor.roles == {"agent"}
    assert found.opened is None


def test_people_of_a_log_can_be_qualified_all_alike() -> None:
    text = b"{case: id, time: at, event: what, actor: {roles: agent, qualifications: [electrician:2, welder]}}"
    found = read_map(text, "map.yaml").actor
    assert found is not None
    assert found.qualifications == {"electrician": Qualification(2), "welder": Qualification()}
    with pytest.raises(InputError, match="`electrician:high` is no qualification"):
        read_map(text.replace(b"electrician:2", b"electrician:high"), "map.yaml")


def test_a_column_alone_is_the_short_form() -> None:
    short = read_map(b"{case: id, time: at, event: what, actor: who}", "map.yaml")
    long = read_map(b"{case: id, time: {column: at}, event: {column: what}, actor: {column: who}}", "map.yaml")
    assert short == long


def test_without_a_table_a_cell_means_itself_and_an_empty_one_nothing() -> None:
    found = read_map(b"{case: id, time: at, event: what}", "map.yaml")
    assert (found.event.read("take"), found.event.read("")) == ("take", None)


def test_a_cell_that_a_table_lacks_is_unreadable_unless_it_is_empty() -> None:
    event = read_map(MAP.encode(), "map.yaml").event
    assert event.read("") is None
    with pytest.raises(Unreadable, match="'Lost' is not among the values that the map has for `what`"):
        event.read("Lost")


def test_an_empty_cell_can_be_given_a_meaning() -> None:
    found = read_map(b"{case: id, time: at, event: {column: what, values: {'': wait}}}", "map.yaml")
    assert found.event.read("") == "wait"


def test_null_in_quotes_is_a_word() -> None:
    found = read_map(b"{case: id, time: at, event: {column: what, values: {a: 'null', b: ~, c: null}}}", "map.yaml")
    assert [found.event.read(cell) for cell in "abc"] == ["null", None, None]


def test_every_unknown_key_is_told_with_its_place_and_what_was_meant() -> None:
    text = MAP.replace("case: id", "caes: id").replace("values:", "vlaues:").replace("roles:", "role:")
    assert problems(text) == [
        "map.yaml:2:1: the map has no `caes`; did you mean `case`?",
        "map.yaml:2:1: the map lacks `case`",
        "map.yaml:4:23: `event` has no `vlaues`; did you mean `values`?",
        "map.yaml:6:22: `actor` has no `role`; did you mean `roles`?",
    ]


def test_a_word_that_is_like_none_is_answered_with_all() -> None:
    assert problems("{case: id, time: {column: at, tz: UTC}, event: what}") == [
        "map.yaml:1:31: `time` has no `tz`; its words are column, zone, format"
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "map.yaml:1:1: a map is a mapping"),
        ("- case", "map.yaml:1:1: a map is a mapping"),
        ("{time: at}", "map.yaml:1:1: the map lacks `case`"),
        ("{case: id, time: {zone: UTC}, event: what}", "map.yaml:1:18: `time` lacks `column`"),
        ("{case: id, time: [at], event: what}", "`time` is the name of a column, or a mapping with `column`"),
        ("{case: [id], time: at, event: what}", "the column of `case` is a text"),
        ("{case: id, time: at, event: {column: what, values: [a]}}", "`values` is a mapping"),
        ("{case: id, time: at, event: {column: what, values: {a: [b]}}}", "the meaning of `a` is a text"),
        (
            "{case: id, time: at, event: {column: what, values: {a: ''}}}",
            "the meaning of `a` is a text that is not empty",
        ),
        ("{case: id, time: at, event: what, fields: [a]}", "`fields` is a mapping"),
        ("{case: id, time: at, event: what, fields: {a: {values: {b: c}}}}", "`a` lacks `column`"),
        ("{case: id, time: at, event: what, actor: {roles: {a: b}}}", "`roles` lacks `column`"),
        ("{case: id, time: at, event: what, actor: {roles: [{a: b}]}}", "a role is a text"),
        ("{case: id, time: {column: at, zone: Europe/Berln}, event: what}", "did you mean `Europe/Berlin`?"),
        ("{case: id, time: {column: at, zone: ../etc}, event: what}", "no time zone is called `../etc`"),
        ("{case: id, time: {column: at, format: hour}, event: what}", "`hour` does not say how a time is written"),
        ("{case: id, time: {column: at, format: '%Y-%q'}, event: what}", "does not say how a time is written"),
        ("{case: id, case: id, time: at, event: what}", "SF002"),
        ("{case: &a id, time: at, event: what}", "SF006"),
        ("{case: id, time: at, event: {column: what, values: {a: }}}", "SF003"),
        ("case: [", "SF001"),
        ("case: \0", "SF001"),
    ],
)
def test_what_is_no_map_is_refused(text: str, told: str) -> None:
    assert told in "\n".join(problems(text))


def test_a_map_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(InputError, match="not UTF-8"):
        read_map(b"case: \xff", "map.yaml")


def test_what_the_process_does_not_know_is_noticed_but_no_error() -> None:
    text = (
        MAP.replace("Taken: take", "Taken: tkae")
        .replace("reason: why", "raeson: why")
        .replace("roles: agent", "roles: agnet")
    )
    assert read_map(text.encode(), "map.yaml").strangers(desk()[0]) == (
        "map.yaml:4:39: desk has no event `tkae`; did you mean `take`?",
        "map.yaml:7:26: desk has no field `raeson`; did you mean `reason`?",
        "map.yaml:6:29: desk has no role `agnet`; did you mean `agent`?",
    )


def test_nothing_is_strange_in_a_map_that_fits() -> None:
    assert read_map(MAP.encode(), "map.yaml").strangers(desk()[0]) == ()


# ── times ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_time_with_an_offset_needs_no_zone_and_one_without_does() -> None:
    plain = moments("at")
    assert plain.read("2026-03-02T09:00:00+08:00") == datetime(2026, 3, 2, 1, tzinfo=UTC)
    assert plain.read("2026-03-02T09:00Z") == datetime(2026, 3, 2, 9, tzinfo=UTC)
    with pytest.raises(Unreadable, match="is in no time zone; name it in the map, as in `zone: UTC`"):
        plain.read("2026-03-02T09:00:00")


def test_a_time_that_names_its_offset_is_not_moved_by_the_zone() -> None:
    assert moments("{column: at, zone: Asia/Shanghai}").read("2026-03-02T09:00Z") == datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "hour", "minute"),
    [
        ("2026-07-01 12:00", 10, 0),
        ("2026-03-29 02:30", 1, 0),  # Does not exist: the clocks jump from 02:00 to 03:00, which is 01:00 UTC.
        ("2026-10-25 02:30", 0, 30),  # Exists twice: the first is still summer time.
    ],
)
def test_a_naive_time_is_read_on_the_wall_of_its_zone(cell: str, hour: int, minute: int) -> None:
    found = moments("{column: at, zone: Europe/Berlin}").read(cell)
    assert (found.tzinfo, found.hour, found.minute) == (UTC, hour, minute)


def test_a_format_reads_times_as_other_systems_write_them() -> None:
    found = moments("{column: at, zone: UTC, format: '%d/%m/%Y %H:%M'}")
    assert found.read("29/2/2016 01:16") == datetime(2016, 2, 29, 1, 16, tzinfo=UTC)
    assert found.day("29/2/2016 01:16") == date(2016, 2, 29)
    with pytest.raises(Unreadable, match="is no time written as %d/%m/%Y %H:%M"):
        found.read("2016-02-29T01:16:00")


@pytest.mark.parametrize(
    "cell", ["", "yesterday", "2026-13-01", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_time_is_unreadable(cell: str) -> None:
    with pytest.raises(Unreadable):
        moments("{column: at, zone: UTC}").read(cell)


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_instant_is_read_back_as_it_was_written(at: datetime) -> None:
    assert moments("{column: at, zone: UTC}").read(at.replace(tzinfo=None).isoformat()) == at
