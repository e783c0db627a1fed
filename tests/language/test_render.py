import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from svcflow.language import as_json, render, summary
from svcflow.language.findings import Finding, Fix, Secondary, Span
from svcflow.language.render import width

TEXT = "process: desk\nstates:\n  待受理: {by: 客服, evnets: {}}\n\tx: 1\n"


def finding(line: int, column: int, end: int, **more: object) -> Finding:
    span = Span("desk.yaml", line, column, line, end)
    return Finding.at(span, "SF101", "error", "a state has no `evnets`", hint="did you mean `events`?", **more)  # type: ignore[arg-type]


def shown(*found: Finding, color: bool = False) -> list[str]:
    return render(found, {"desk.yaml": TEXT}, color=color).split("\n")


def test_a_finding_looks_like_that_of_a_compiler() -> None:
    assert shown(finding(2, 1, 7)) == [
        "error[SF101]: a state has no `evnets`",
        " --> desk.yaml:2:1",
        "  |",
        "2 | states:",
        "  | ^^^^^^",
        "  = help: did you mean `events`?",
    ]


def test_the_underline_stands_below_the_word_also_behind_wide_characters() -> None:
    lines = shown(finding(3, 17, 23))
    source, underline = lines[3].removeprefix("3 | "), lines[4].removeprefix("  | ")
    before = source[: source.index("evnets")]
    assert width(before) == len(underline) - len(underline.lstrip())
    assert underline.strip() == "^^^^^^"


def test_wide_words_are_underlined_by_their_width() -> None:
    assert shown(finding(3, 3, 6))[4] == "  |   ^^^^^^"


def test_a_tab_does_not_shift_the_underline() -> None:
    lines = shown(finding(4, 2, 3))
    assert (lines[3], lines[4]) == ("4 |   x: 1", "  |   ^")


def test_other_places_follow_with_what_they_have_to_do_with_it() -> None:
    notes = (Secondary("first written here", "desk.yaml", 1, 1, 8), Secondary("and there", "other.yaml", 12, 1, 2))
    lines = shown(finding(2, 1, 7, notes=notes))
    assert lines[5:9] == [" 1 | process: desk", "   | ------- first written here", "  ::: other.yaml:12:1", "   |"]


def test_findings_are_parted_by_a_line_and_counted() -> None:
    warning = Finding.at(Span("desk.yaml", 1, 1, 1, 2), "SF801", "warning", "no title")
    found = (finding(2, 1, 7), finding(3, 1, 2), warning)
    assert render(found, {}, color=False).count("\n\n") == 2
    assert summary(found) == "2 errors, 1 warning"
    assert summary(()) == ""


def test_color_is_only_used_when_it_is_wanted() -> None:
    assert "\x1b" not in "\n".join(shown(finding(2, 1, 7)))
    assert "\x1b[31;1merror[SF101]\x1b[0m" in shown(finding(2, 1, 7), color=True)[0]


def test_a_file_whose_text_is_not_at_hand_is_named_without_its_line() -> None:
    assert render([finding(2, 1, 7)], {}, color=False).split("\n")[1] == " --> desk.yaml:2:1"


def test_a_long_line_is_shown_around_the_place() -> None:
    text = "x" * 5_000 + "HERE" + "y" * 5_000
    one = Finding.at(Span("long.yaml", 1, 5_001, 1, 5_005), "SF001", "error", "too long")
    source, underline = render([one], {"long.yaml": text}, color=False).split("\n")[3:5]
    assert len(source) < 200
    assert source[underline.index("^") : underline.rindex("^") + 1] == "HERE"


def test_nothing_in_a_file_reaches_the_terminal_as_a_command() -> None:
    text = "a: \x1b[2J\u202egnp.exe"
    one = Finding.at(Span("x.yaml", 1, 1, 1, 2), "SF001", "error", f"`{text}`", hint=text)
    told = render([one], {"x.yaml": text}, color=False)
    assert not any(unicodedata.category(character) in {"Cc", "Cf"} for character in told.replace("\n", ""))


def test_a_finding_is_plain_values_for_json() -> None:
    span = Span("desk.yaml", 3, 17, 3, 23)
    one = finding(3, 17, 23, fix=Fix("write `events`", span, "events"), notes=(Secondary("here", "a.yaml", 1, 2, 3),))
    plain = json.loads(json.dumps(as_json(one)))
    assert plain == {
        "code": "SF101",
        "severity": "error",
        "message": "a state has no `evnets`",
        "file": "desk.yaml",
        "line": 3,
        "column": 17,
        "end_line": 3,
        "end_column": 23,
        "help": "did you mean `events`?",
        "notes": [{"message": "here", "file": "a.yaml", "line": 1, "column": 2, "end_column": 3}],
        "fix": {
            "title": "write `events`",
            "file": "desk.yaml",
            "line": 3,
            "column": 17,
            "end_line": 3,
            "end_column": 23,
            "text": "events",
            "sure": True,
        },
    }


@given(st.text(max_size=300), st.integers(1, 400), st.integers(1, 400), st.integers(1, 5))
def test_any_place_in_any_text_can_be_shown(text: str, column: int, length: int, line: int) -> None:
    place = Finding.at(Span("x", line, column, line, column + length), "SF001", "error", text, hint=text)
    for shown_line in render([place], {"x": text}, color=False).split("\n"):
        assert all(one.isprintable() or unicodedata.category(one) == "Zs" for one in shown_line)


def test_on_a_screen_sentences_are_broken_at_blanks_and_underlined_lines_fit() -> None:
    text = (
        "states:\n" + "  某环节: {title: 很长的标题" + "长" * 60 + ", by: 客服, evnets: {}, do: {notify: customer}}\n"
    )
    column = text.split("\n")[1].index("evnets") + 1
    one = Finding.at(
        Span("desk.yaml", 2, column, 2, column + 6), "SF101", "error", "a state has no `evnets` " + "and so on " * 9,
        hint="did you mean `events`? " * 5, notes=(Secondary("it begins here " * 5, "desk.yaml", 1, 1, 7),),
    )  # fmt: skip
    for columns in (50, 80, 120):
        told = render([one], {"desk.yaml": text}, color=False, columns=columns).split("\n")
        assert max(map(width, told)) <= columns
        source = next(line for line in told if line.startswith("2 | "))
        underline = told[told.index(source) + 1]
        before = source[: source.index("evnets")]
        assert width(before) == underline.index("^^^^^^")
    assert not any(line.endswith("�") for line in told)


def test_two_places_of_one_line_are_shown_below_it_once() -> None:
    told = shown(finding(3, 17, 23, notes=(Secondary("this one", "desk.yaml", 3, 3, 6),)))
    assert told[3:6] == ["3 |   待受理: {by: 客服, evnets: {}}", f"  | {' ' * 21}^^^^^^", "  |   ------ this one"]


@given(st.text("ab: 待受理，", max_size=120), st.integers(1, 100), st.integers(1, 9), st.integers(40, 90))
def test_a_cut_line_shows_its_place(text: str, column: int, length: int, columns: int) -> None:
    """Read off the screen, column by column: what stands above the underline is what was meant."""
    text = text.strip() + "x"
    column = min(column, len(text))
    end = min(column + length, len(text) + 1)
    one = Finding.at(Span("x", 1, column, 1, end), "SF001", "error", "here")
    source, underline = render([one], {"x": text}, color=False, columns=columns).split("\n")[3:5]
    assert width(source) <= columns
    first, last = underline.index("^"), underline.rindex("^") + 1
    seen, at = "", 0
    for letter in source:
        seen += letter if first <= at < last else ""
        at += width(letter)
    meant = text[column - 1 : end - 1]
    assert seen == meant or (seen.endswith("…") and meant.startswith(seen[:-1]))
