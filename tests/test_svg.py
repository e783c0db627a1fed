"""
The SVG picture: everything is in it, nothing covers anything else, and lines end where they should.
"""

import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded import bounded
from svcflow import catalog
from svcflow.core.process import Process
from svcflow.diagram import svg
from svcflow.diagram.lettering import balanced, width, wrapped
from svcflow.diagram.scene import Figure, scene
from svcflow.diagram.shapes import Rect
from svcflow.diagram.svg import Picture
from svcflow.diagram.wording import Wording
from svcflow.errors import InputError
from svcflow.language import compile_sources
from test_diagram import DESK

SHIPPED = [
    getattr(catalog, name) for name in ("callback", "complaint", "maintenance", "maintenance_plan", "service_ticket")
]
HEAD = "process: desk\nversion: 1\nroles: [clerk]\ncalendar: always\n"
NEAR = 0.5
TEXT = "{http://www.w3.org/2000/svg}text"
PICTURES = Path(__file__).parents[1] / "docs" / "pictures"


def process(body: str) -> Process:
    return compile_sources({"desk.yaml": HEAD + body}, "desk.yaml")


def random_process(seed: int, count: int, moves: int) -> Process:
    """States in groups of up to four, and moves from anywhere to anywhere."""
    draw = random.Random(seed)  # Not for secrets.
    names = [f"g{number // 4}.s{number}" if number % 3 else f"s{number}" for number in range(count)]
    groups: dict[str, list[str]] = {}
    for name in names:
        group, _, inner = name.rpartition(".")
        events = ", ".join(f"e{number}: {draw.choice([*names, *groups, 'over'])}" for number in range(moves))
        groups.setdefault(group or name, []).append(
            f"{inner}: {{by: clerk, events: {{{events}, out: over}}}}"
            if group
            else f"{{by: clerk, events: {{{events}, out: over}}}}"
        )
    lines = [
        f"  {name}: {{states: {{{', '.join(inner)}}}}}" if name.startswith("g") else f"  {name}: {inner[0]}"
        for name, inner in groups.items()
    ]
    return process("states:\n" + "\n".join(lines) + "\n  over: {end: done}\n")


def together(one: Rect, other: Rect) -> bool:
    return (
        one.x < other.x + other.width - NEAR
        and other.x < one.x + one.width - NEAR
        and one.y < other.y + other.height - NEAR
        and other.y < one.y + one.height - NEAR
    )


def within(inner: Rect, outer: Rect) -> bool:
    return (
        outer.x <= inner.x + NEAR
        and outer.y <= inner.y + NEAR
        and inner.x + inner.width <= outer.x + outer.width + NEAR
        and inner.y + inner.height <= outer.y + outer.height + NEAR
    )


def on_edge(point: tuple[float, float], box: Rect) -> bool:
    across = box.x - NEAR <= point[0] <= box.x + box.width + NEAR
    return across and min(abs(point[1] - box.y), abs(point[1] - box.y - box.height)) < NEAR


def groups(figures: tuple[Figure, ...]) -> Iterator[tuple[Figure | None, tuple[Figure, ...]]]:
    """Every group with what stands in it, and at the top."""
    waiting: list[tuple[Figure | None, tuple[Figure, ...]]] = [(None, figures)]
    while waiting:
        group, inner = waiting.pop()
        yield group, inner
        waiting += [(one, one.inner) for one in inner if one.inner]


def tidy(picture: Picture) -> None:
    """Nothing overlaps, everything is in its group and on the canvas, lines join what they should."""
    layout = picture.layout
    canvas = Rect(0, 0, layout.width, layout.height)
    for group, inner in groups(picture.scene.figures):
        boxes = [layout.boxes[one.id] for one in inner]
        assert not [pair for pair in combinations(boxes, 2) if together(*pair)]
        around = canvas if group is None else layout.boxes[group.id]
        assert [one for one in boxes if not within(one, around)] == []
    leaves = [layout.boxes[one.id] for _, inner in groups(picture.scene.figures) for one in inner if not one.inner]
    labels = list(layout.labels.values())
    assert not [(label, box) for label in labels for box in leaves if together(label, box)]
    assert not [pair for pair in combinations(labels, 2) if together(*pair)]
    assert all(within(label, canvas) for label in labels)
    for number, arrow in enumerate(picture.scene.arrows):
        parts = [route for route in layout.routes if route.link == number]
        ends = [end for route in parts for end in (route.points[0], route.points[-1])]
        assert any(on_edge(end, layout.boxes[arrow.source]) for end in ends), arrow
        (tip,) = [route.tip for route in parts if route.tip is not None]
        assert on_edge(tip, layout.boxes[arrow.target]), arrow
        assert bool(arrow.labels) == (number in layout.labels)


def texts(drawn: str) -> list[str]:
    return [
        "".join(one.itertext()) for one in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")
    ]  # Our own.


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("drawn", SHIPPED, ids=lambda one: one.name)
def test_shipped_processes_are_drawn_tidily_in_both_languages(drawn: Process, language: str) -> None:
    tidy(Picture.of(scene(drawn, language)))


def test_groups_regions_and_lines_through_their_edges_are_drawn_tidily() -> None:
    tidy(Picture.of(scene(DESK)))


@pytest.mark.parametrize("seed", range(12))
def test_any_tangle_is_drawn_tidily(seed: int) -> None:
    tidy(Picture.of(scene(random_process(seed, 3 + 2 * seed, 3))))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("drawn", [*SHIPPED, DESK], ids=lambda one: one.name)
def test_every_state_and_every_event_is_in_the_picture(drawn: Process, language: str) -> None:
    written = "".join("".join(texts(svg(drawn, language))).split())
    words = Wording.of(drawn, language)
    names = [words.name(state.name, state.title) for state in drawn.states]
    names += [words.event(rule) for rule in drawn.rules() if rule.kind != "after"]
    assert [name for name in names if "".join(name.split()) not in written] == []


def test_every_text_is_on_the_canvas() -> None:
    root = ET.fromstring(svg(DESK))  # Our own.
    across = float(root.attrib["width"])
    for one in root.iter(TEXT):
        assert 0 <= float(one.attrib["x"]) <= across


def test_a_picture_is_the_same_every_time() -> None:
    assert svg(DESK, "zh") == svg(DESK, "zh")


def test_a_picture_has_a_title_and_says_all_moves_to_those_who_do_not_see_it() -> None:
    drawn = svg(DESK, "en")
    assert 'role="img" aria-label="The desk"' in drawn
    assert "<title>The desk</title>" in drawn
    assert "Brand new -&gt; Work: Accept" in drawn


def test_a_picture_is_light_or_dark_and_holds_no_script_and_nothing_from_elsewhere() -> None:
    drawn = svg(DESK)
    assert "prefers-color-scheme:dark" in drawn
    assert "<script" not in drawn
    assert re.findall(r"https?://[^\"]*", drawn) == ["http://www.w3.org/2000/svg"]


def test_titles_full_of_syntax_are_shown_as_they_are() -> None:
    title = "<script>alert(1)</script> & co"
    drawn = svg(process(f"title: '{title}'\nstates: {{new: {{by: clerk, events: {{go: over}}}}, over: {{end: done}}}}"))
    assert "<script" not in drawn
    assert title in texts(drawn)


def test_a_language_the_process_does_not_have_is_refused() -> None:
    with pytest.raises(InputError, match="'ze' is not one of the languages"):
        svg(DESK, "ze")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pictures_in_the_documentation_are_those_drawn_now(language: str) -> None:
    kept = (PICTURES / f"service_ticket-{language}.svg").read_text(encoding="utf-8")
    assert kept == svg(catalog.service_ticket, language), "draw it again with `svcflow draw --format svg -o`"


def test_three_hundred_states_are_drawn_in_bounded_time() -> None:
    with bounded():
        svg(random_process(1, 238, 2))


def test_chinese_letters_are_as_wide_as_they_are_high() -> None:
    assert width("待受理", 10) == 30
    assert width("abc", 10) < 20


@given(st.text("ab ,。服务（x", max_size=60), st.integers(40, 200))
def test_lines_hold_the_whole_text_and_fit(text: str, room: int) -> None:
    for lines in (wrapped(text, room), balanced(text, room)):
        assert "".join("".join(lines).split()) == "".join(text.split())
        assert all(width(line) <= room or len(line) == 1 for line in lines)


def test_a_chinese_name_is_broken_only_where_a_line_cannot_hold_it() -> None:
    assert wrapped("由 客服专员、售后经理", 80, 10) == ("由 客服专员、", "售后经理")
    assert wrapped("第三方调解仲裁，结案", 40, 10) == ("第三方调", "解仲裁，", "结案")
