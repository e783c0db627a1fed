"""The page of key figures is one whole file: nothing comes from elsewhere, and no name of a case becomes a tag."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from cli.shop import AGENT, SHOP, Command
from svcflow.cli import compared
from svcflow.cli.charts import Bar, bars
from svcflow.cli.compared import Comparison
from svcflow.cli.report_page import MOST_BARS, page
from svcflow.cli.report_words import CHINESE, DIMENSIONS, ENGLISH, FIGURES, ReportWords
from svcflow.report import KPIS, Deviation, Kpi, Measures, Passage, Report, Step, Variant, compare
from svcflow.report.measures import BUILT_IN

EMPTY = {"meta", "rect", "line"}
TAGS = EMPTY | {
    "html", "head", "title", "style", "body", "h1", "h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "svg",
    "text",
}  # fmt: skip
HOSTILE = st.one_of(
    st.sampled_from([
        "</text><script>alert(1)</script>", '" onload="alert(1)', "<img src=//evil.example/x>", "]]><!--", "&lt;b&gt;",
        "</style>", "url(http://evil.example)", "\u202egnp.exe", "\x00\x1b[31m", "\ud800", "客户一" * 40, "",
    ]),
    st.text(max_size=30),
)  # fmt: skip


@define
class Reading(HTMLParser):
    """What a page is made of, for one that closes every tag it opens."""

    tags: set[str] = field(factory=set)
    attributes: set[str] = field(factory=set)
    texts: list[str] = field(factory=list)
    opened: list[str] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in EMPTY:
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(text: str) -> Reading:
    reading = Reading()
    reading.feed(text)
    reading.close()
    assert not reading.opened
    return reading


def kpi(name: str, value: float, limit: float | None = None, **by: str) -> Kpi:
    meaning = KPIS[name]
    return Kpi(
        name, meaning.perspective, meaning.unit, meaning.kind, by, value, 4, value * 4, value * 4, None, None, limit
    )


def made(name: str, *kpis: Kpi) -> Report:
    return Report(
        4, kpis, (Step(name, name, 4, 60.0, 60.0, 60.0, 0.5),), (Passage(name, name, name, 4, 60.0, 60.0),),
        (Variant(name, (name, name), 4, 1.0, 60.0),), (Deviation(name, "extra", name, 1, 0.25),),
    )  # fmt: skip


def drawn(text: str) -> list[ET.Element]:
    parts = [f"<svg{part.partition('</svg>')[0]}</svg>" for part in text.split("<svg")[1:]]
    return [ET.fromstring(part) for part in parts]


def labels(picture: ET.Element) -> list[str]:
    return [one.text or "" for one in picture.iter("{http://www.w3.org/2000/svg}text")]


@given(HOSTILE, HOSTILE)
def test_no_name_becomes_a_tag_or_loads_anything(name: str, other: str) -> None:
    kpis = (kpi("rework", 0.5, 0.1, product=name), kpi("rework", 0.5, product=other), kpi("queue", 1, state=name))
    text = page(made(name, *kpis), other, 10)
    reading = read(text)
    assert reading.tags <= TAGS
    assert (
        not {one for one in reading.attributes if one.startswith("on")} | {"href", "src", "style"} & reading.attributes
    )
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    text.encode()
    assert drawn(text)


def test_the_page_names_its_language_its_title_and_loads_nothing() -> None:
    text = page(made("repair"), "4 cases", 10)
    assert '<html lang="en">' in text
    assert "<title>Key figures</title>" in text
    assert "default-src 'none'" in text
    for needed in ("@media print", "prefers-color-scheme:dark", "Noto Sans CJK SC"):
        assert needed in text


def test_numbers_stand_to_the_right() -> None:
    text = page(made("repair", kpi("rework", 0.5)), "4 cases", 10)
    assert '<td>rework</td><td class="number">50.0%</td>' in text
    assert '<th scope="col" class="number">value</th>' in text


def test_what_is_beyond_its_limit_comes_first() -> None:
    text = page(made("repair", kpi("rework", 0.5, 0.1, product="X1")), "4 cases", 10)
    assert '<td>rework (product X1)</td><td class="number">50.0%</td><td class="number">10.0%</td>' in text
    assert text.index("Beyond their limits") < text.index("For the staff")


def test_groups_are_bars_as_long_as_their_values() -> None:
    (picture, _) = drawn(page(made("repair", kpi("cost", 10, product="A"), kpi("cost", 30, product="B")), "", 10))
    assert labels(picture) == ["A", "10.00, of 4", "B", "30.00, of 4"]
    short, long = (float(one.get("width", 0)) for one in picture.iter("{http://www.w3.org/2000/svg}rect"))
    assert long == pytest.approx(3 * short, abs=0.2)


def test_a_share_and_its_rest_fill_the_whole_with_what_should_be_smaller_in_red() -> None:
    for name, wanted in (("rework", ["no", "yes"]), ("clock_met", ["yes", "no"])):
        picture = drawn(page(made("repair", kpi(name, 0.25, month="2026-03")), "", 10))[0]
        parts = list(picture.iter("{http://www.w3.org/2000/svg}rect"))
        assert [one.get("class") for one in parts] == wanted
        assert float(parts[1].get("width", 0)) == pytest.approx(3 * float(parts[0].get("width", 0)), abs=0.2)


def test_months_stand_in_their_order_and_other_groups_by_how_often_they_were_observed() -> None:
    months = [kpi("cases", one, month=f"2026-{one:02}") for one in range(1, 4)]
    assert labels(drawn(page(made("repair", *months), "", 10))[0])[::2] == ["2026-01", "2026-02", "2026-03"]
    many = [kpi("cases", 1, product=f"P{one}") for one in range(MOST_BARS + 5)]
    text = page(made("repair", *many), "", 10)
    assert len(labels(drawn(text)[0])) == 2 * MOST_BARS
    assert "and 5 more" in text


def test_values_below_zero_go_to_the_left() -> None:
    (picture,) = drawn(bars("nps", [Bar("A", -50, "-50"), Bar("B", 100, "100")]))
    below, above = picture.iter("{http://www.w3.org/2000/svg}rect")
    end = float(below.get("x", 0)) + float(below.get("width", 0))
    assert end == pytest.approx(float(above.get("x", 0)), abs=0.2)


def test_the_command_writes_the_page_whole_and_says_no_more(shop: Command, case: str, tmp_path: Path) -> None:
    shop("send", case, "hand_over", "owner=kim", "price=120", *AGENT)
    file = tmp_path / "report.html"
    file.write_text("old", encoding="utf-8")
    answer = shop("report", "--by", "customer", "--to", str(file))
    assert (answer.status, answer.out) == (0, "")
    text = file.read_text(encoding="utf-8")
    read(text)
    assert "1 case: all processes, cases opened at any time" in text
    assert "555-0199" not in text
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".report")] == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--to", "report.txt"), "name it report.html, or report.svg"),
        (("--to", "nowhere/report.html"), "cannot be written"),
        (("--process", "shop", "--version", "1"), "--version: nothing is drawn"),
        (("--to", "r.svg"), "say which with `--process NAME`"),
        (("--to", "r.html", "--version", "1"), "a page draws all versions"),
        (("--to", "r.svg", "--process", "shop", "--version", "7"), "no process 'shop' version 7 is published"),
        (("--to", "r.svg", "--process", "shop", "--language", "fr"), "'fr' is not one of the languages en, zh"),
        (("--to", "r.svg", "--process", "shop", "--versions", "1,2"), "a comparison has no drawing"),
    ],
)
def test_what_cannot_be_a_page_is_told(shop: Command, case: str, options: tuple[str, ...], told: str) -> None:
    assert told in shop("report", *options).err


@pytest.mark.requirement("R135")
def test_the_page_draws_each_version_with_its_numbers(shop: Command, case: str, tmp_path: Path) -> None:
    shop("send", case, "hand_over", "owner=kim", "price=120", *AGENT)
    shop("open", "shop", "customer=umbrella", "fault=dark", *AGENT)
    file = tmp_path / "report.html"
    assert shop("report", "--to", str(file), "--language", "zh").status == 0
    text = file.read_text(encoding="utf-8")
    (picture,) = (one for one in drawn(text) if "svcflow-picture" in one.get("class", ""))
    said = labels(picture)
    assert {"维修店", "共 2 件，未结 2 件"} <= set(said)
    assert said[said.index("已受理") :].index("现有 1 件") < said[said.index("已受理") :].index("停留 1 次")
    assert said.count("1 次") == 1  # One hand-over, and nothing else was ever taken.


def test_the_page_speaks_chinese(shop: Command, case: str, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    shop("report", "--by", "customer", "--to", str(file), "--language", "zh")
    text = file.read_text(encoding="utf-8")
    read(text)
    for wanted in (
        '<html lang="zh">',
        "<h1>关键指标</h1>",
        "共 1 件：所有流程",
        "客户视角",
        "未结工单",
        "工单数（按客户）",
    ):
        assert wanted in text
    told = shop("report", "--language", "zh").out
    assert "企业视角" in told
    assert "工单数" in told


def test_states_clocks_and_events_have_titles_in_the_language_of_the_page(
    shop: Command, case: str, tmp_path: Path
) -> None:
    """A page without `--language` is English, its drawing as well, whatever language the process has first."""
    other = tmp_path / "other.yaml"
    chinese_first = SHOP.replace("languages: [en, zh]", "languages: [zh, en]").replace("version: 1", "version: 2", 1)
    other.write_text(chinese_first, encoding="utf-8")
    shop("publish", str(other))
    one = shop("open", "shop", "customer=umbrella", "fault=dark", *AGENT, "--format", "json").data["id"]
    shop("send", one, "hand_over", "owner=kim", *AGENT)
    shop("open", "shop", "customer=umbrella", "fault=dark", *AGENT)
    shop("send", case, "refuse", *AGENT)
    file = tmp_path / "report.html"
    wanted = {
        None: ("In repair", "Refused", "limit:Received", "<td>Refuse</td>"),
        "zh": ("维修中", "不予受理", "limit:已受理", "<td>不受理</td>"),
    }
    for language, titles in wanted.items():
        said = ("--language", language) if language else ()
        assert shop("report", "--to", str(file), *said).status == 0
        text = file.read_text(encoding="utf-8")
        assert [title for title in titles if title not in text] == []
        assert ("维修店" in text, "Repair shop" in text) == (language == "zh", language is None)
        assert ">repairing<" not in text
    told = shop("report").out
    assert ("repairing" in told, "In repair" in told) == (True, False)
    assert "In repair" in shop("report", "--language", "en").out
    data = shop("report", "--format", "json", "--language", "zh").data
    assert {one["state"] for one in data["steps"]} == {"received"}
    assert [(one["way"], one["end"]) for one in data["variants"]] == [(["refuse"], "refused")]


def test_every_word_of_a_report_is_there_in_both_languages() -> None:
    assert ENGLISH.keys() == CHINESE.keys()
    assert FIGURES.keys() == KPIS.keys()
    assert DIMENSIONS.keys() == {*Measures().dimensions, *BUILT_IN, "state", "clock"}
    assert len({name for name, _ in FIGURES.values()}) == len(KPIS)
    for phrase, text in ENGLISH.items():
        assert text.count("{") == CHINESE[phrase].count("{"), phrase


@pytest.mark.parametrize(
    ("suffix", "wanted"), [("svg", "now 1"), ("dot", "now 1"), ("mmd", "note right of s_received: now 1")]
)
@pytest.mark.requirement("R135")
def test_the_drawing_of_a_process_has_its_numbers(
    shop: Command, case: str, tmp_path: Path, suffix: str, wanted: str
) -> None:
    file = tmp_path / f"shop.{suffix}"
    assert shop("report", "--process", "shop", "--to", str(file)).status == 0
    assert wanted in file.read_text(encoding="utf-8")


def test_a_version_without_cases_is_drawn_when_it_is_asked_for(shop: Command, case: str, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SHOP.replace("version: 1", "version: 2"), encoding="utf-8")
    shop("publish", "shop.yaml")
    for options, wanted in (((), "1 cases, 1 of them open"), (("--version", "2"), "0 cases, 0 of them open")):
        shop("report", "--process", "shop", "--to", "shop.svg", *options)
        assert wanted in Path("shop.svg").read_text(encoding="utf-8")


def test_a_comparison_has_a_page_too(shop: Command, case: str, tmp_path: Path) -> None:
    file = tmp_path / "both.html"
    two = ("--since", "2010-01-01T00:00Z", "--against-since", "2000-01-01T00:00Z", "--by", "customer")
    answer = shop("report", *two, "--to", str(file), "--language", "zh")
    assert (answer.status, answer.out) == (0, "")
    text = file.read_text(encoding="utf-8")
    reading = read(text)
    assert reading.tags <= TAGS
    assert "A：自 2000-01-01 00:00 UTC 起, 至 2010-01-01 00:00 UTC，共 0 件，其中未结 0 件" in text
    data = shop("report", *two, "--format", "json").data["differences"]
    rows = [part.partition("</tr>")[0] for part in text.split("<tr><td>")[1:]]
    assert len(rows) == len(data)
    assert sum("(客户 acme)" in row for row in rows) == sum(one["by"] == {"customer": "acme"} for one in data)


def test_of_many_groups_a_comparison_shows_those_with_most_observations() -> None:
    few = [evolve(kpi("cost", 1, product=f"P{one}"), count=4 + one) for one in range(MOST_BARS + 5)]
    text = compared.page(Comparison(("a", "b"), compare(few, few)), ReportWords())
    rows = [part.partition(")")[0] for part in text.split("<tr><td>cost (product ")[1:]]
    assert sorted(rows) == sorted(f"P{one}" for one in range(5, MOST_BARS + 5))
    assert "and 5 more, which JSON lists" in text


@given(HOSTILE, st.sampled_from(["better", "worse"]))
def test_what_is_better_or_worse_is_a_colour_and_a_word_and_no_name_a_tag(name: str, verdict: str) -> None:
    few, many = Kpi("rework", "staff", "share", "kpi", {"product": name}, 0.1, 1000, 100, 100), 900.0
    more = evolve(few, value=0.9, total=many, squares=many)
    sides = (more, few) if verdict == "better" else (few, more)
    text = compared.page(Comparison((name, name), compare([sides[0]], [sides[1]])), ReportWords())
    assert read(text).tags <= TAGS
    assert f'<td class="{verdict}">{verdict}</td>' in text
