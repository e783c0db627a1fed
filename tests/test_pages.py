"""
Documentation pages: all of a process is told, in its languages, and no title can break a page.
"""

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from svcflow import catalog
from svcflow.core.process import Process
from svcflow.diagram import booklet
from svcflow.diagram.page import page, pages
from svcflow.diagram.wording import Wording
from svcflow.errors import InputError
from svcflow.language import compile_sources
from test_diagram import DESK
from test_svg import SHIPPED, process

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
VOID = {"meta", "rect", "path", "circle"}
EVIL = "<script>alert(1)</script> | [x](y) & co"


class Tags(HTMLParser):
    """Which tags a page has; every one must be closed in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags(text: str) -> set[str]:
    parser = Tags()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser.seen


@pytest.mark.requirement("R128", "R134")
@pytest.mark.parametrize("drawn", [*SHIPPED, DESK], ids=lambda one: one.name)
def test_a_page_names_every_state_event_field_role_and_clock(drawn: Process) -> None:
    for one in pages(drawn):
        words = Wording.of(drawn, one.language)
        said = "\n".join(cell for section in one.sections for row in section.rows for cell in row)
        names = [words.event(rule) for rule in drawn.rules() if rule.kind != "after"]
        names += [words.state(state.index) for state in drawn.states if not state.children and not state.parent]
        names += [words.field(name) for name in drawn.fields]
        names += [words.name(clock.name, clock.title) for clock in drawn.clocks.values()]
        assert [name for name in names if name not in said] == []


@pytest.mark.requirement("R126", "R134", "R185")
def test_a_page_tells_who_sends_what_with_which_form_and_what_follows() -> None:
    who = page(catalog.service_ticket, "en").sections[0]
    assert who.heading == "Who may do what"
    assert (
        "Diagnose", "Agent, Engineer", "Quote", "Diagnosis, Price", "", "Quoted", "tells Customer (Quotation)"
    ) in who.rows  # fmt: skip


@pytest.mark.requirement("R126", "R134", "R185")
def test_a_page_tells_escalations_times_private_fields_ends_and_children() -> None:
    tables = {section.heading: section.rows for section in page(catalog.service_ticket, "en").sections}
    assert ("Quoted", "after 10d", "Cancelled", "tells Customer, Owner") in tables["What happens by itself"]
    assert ("Quoted", "", "Resolution") in tables["Times in states"]
    assert ("Phone", "phone", "text", "yes") in tables["Fields"]
    assert ("Cancelled", "end, cancelled", "") in tables["Ends"]
    assert ("Callback", "runs in Callback") in tables["Other processes"]
    steps = [(at, then) for of, at, then in tables["Escalations"] if "Resolution" in of]
    assert steps[-1] == ("100%", "calls Record breach; tells Team lead, Manager")


def test_a_page_tells_who_sees_a_field_where_not_everybody_does() -> None:
    text = """
process: offer
version: 1
languages: [en, zh]
roles: [clerk, boss]
fields: {customer: person, cost: {type: money, seen_by: [boss, customer]}, note: text}
open: {by: clerk, ask: customer, may: [cost, note]}
states: {new: {by: clerk, events: {go: gone}}, gone: {end: done}}
"""
    offer = compile_sources({"offer.yaml": text}, "offer.yaml")
    english, chinese = (
        next(one for one in page(offer, language).sections if "cost" in one.rows[1]) for language in ("en", "zh")
    )
    assert (english.columns[-1], chinese.columns[-1]) == ("Seen by", "可见人员")
    assert [row[-1] for row in english.rows] == ["everybody", "Boss, Customer", "everybody", "everybody"]


def test_a_chinese_page_speaks_chinese() -> None:
    headings = [section.heading for section in page(catalog.service_ticket, "zh").sections]
    assert headings == ["谁可以做什么", "自动发生的事", "环节时间", "时限", "升级", "字段", "结束", "相关流程"]


def test_there_is_a_page_for_each_language_and_an_index_that_links_to_all() -> None:
    files = booklet(SHIPPED)
    assert len(files) == 2 * len(SHIPPED) + 1
    assert sorted(re.findall(r'href="([^"]+)"', files["index.html"])) == sorted(set(files) - {"index.html"})


def test_html_pages_are_whole_and_fetch_nothing() -> None:
    for text in booklet([DESK]).values():
        assert text.startswith("<!doctype html>\n")
        assert "script" not in tags(text)
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)


def test_markdown_pages_have_their_pictures_beside_them() -> None:
    files = booklet([DESK], "md")
    assert set(files) == {"desk.en.md", "desk.en.svg", "desk.zh.md", "desk.zh.svg", "index.md"}
    assert "![The desk](<desk.en.svg>)" in files["desk.en.md"]
    assert all(f"(<{name}>)" in files["index.md"] for name in files if name.startswith("desk") and name.endswith("md"))


def test_a_table_in_markdown_has_as_many_cells_in_every_row() -> None:
    for block in booklet([DESK], "md")["desk.en.md"].split("\n\n"):
        rows = [len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines() if line.startswith("|")]
        assert len(set(rows)) <= 1


@pytest.mark.parametrize("place", ["title", "state", "event"])
def test_a_title_full_of_syntax_is_text_on_every_page(place: str) -> None:
    titles = {one: f"title: '{EVIL}'" if one == place else "title: plain" for one in ("title", "state", "event")}
    drawn = process(
        f"{titles['title']}\nstates:\n  new:\n    {titles['state']}\n    by: clerk\n    events:\n      go:\n"
        f"        to: over\n        {titles['event']}\n  over: {{end: done}}\n"
    )
    written = booklet([drawn])["desk.html"]
    assert "script" not in tags(written)
    assert EVIL in unescape(written)
    wiki = booklet([drawn], "md")["desk.md"]
    assert "<script>" not in wiki.replace("\\<", "")
    assert "[x](y)" not in wiki


def test_a_language_the_process_does_not_have_is_refused() -> None:
    with pytest.raises(InputError, match="'ze' is not one of the languages"):
        page(DESK, "ze")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_in_the_documentation_are_those_written_now(language: str) -> None:
    name = f"service_ticket.{language}.html"
    kept = (PICTURES / name).read_text(encoding="utf-8")
    assert kept == booklet([catalog.service_ticket])[name], "write it again with `svcflow docs`"
