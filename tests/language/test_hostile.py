"""Whatever somebody sends, there is one clear answer, soon."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded import bounded
from language.rulebook import findings
from svcflow.errors import DefinitionError
from svcflow.language import check, load, render
from svcflow.language.findings import Finding

HEAD = "process: desk\nversion: 1\nroles: [clerk]\nfields: {x: number}\n"
WORDS = [
    *("process:", "states:", "new:", "events:", "to:", "when:", "{", "}", "[", "]", "- ", ",", ": ", "：", "&a", "*a"),
    *(
        "!x",
        "'",
        '"',
        "|",
        ">",
        "#",
        "\t",
        "\n",
        "\n  ",
        "\n    ",
        "desk",
        "1",
        "x > 1",
        "4h",
        "%",
        "@",
        "?",
        "---",
        "\0",
    ),
]


def aliases() -> str:
    rows = [f"{chr(98 + n)}: &{chr(98 + n)} [{','.join('*' + chr(97 + n) for _ in range(9))}]" for n in range(20)]
    return "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(rows) + "\n"


def long_condition() -> str:
    terms = " or ".join(f"x == {number}" for number in range(10_000))
    return (
        HEAD
        + f"states:\n  a: {{by: clerk, events: {{go: {{to: [{{to: b, when: {terms}}}, b]}}}}}}\n  b: {{end: done}}\n"
    )


def many_states(count: int) -> str:
    rows = "".join(f"  s{n}: {{by: clerk, events: {{go: s{n + 1}}}}}\n" for n in range(count))
    return f"{HEAD}states:\n{rows}  s{count}: {{end: done}}\n"


def many_labels(count: int) -> str:
    labels = ", ".join(f"f{number}: x" for number in range(count))
    states = "states: {a: {by: clerk, events: {go: b}}, b: {end: done}}\n"
    return f"{HEAD}languages: [en]\nlabels: {{en: {{{labels}}}}}\n{states}"


HOSTILE = {
    "an alias bomb": (aliases(), "SF006"),
    "ten megabytes": (many_states(300_000), "SF010"),
    "10,000 braces": (HEAD + "states: " + "{a: " * 10_000, "SF001"),
    "10,000 brackets": (HEAD + "states: " + "[" * 10_000 + "]" * 10_000, "SF001"),
    "10,000 dashes": ("- " * 10_000 + "x\n", "SF001"),
    "1,300 levels of indentation": ("".join(" " * depth + "a:\n" for depth in range(1_300)), "SF001"),
    "10,000 levels of indentation": ("".join(" " * depth + "a:\n" for depth in range(10_000)), "SF010"),
    "a condition of 10,000 terms": (long_condition(), "SF401"),
    "a condition nested 500 deep": (long_condition().replace(" or ".join(f"x == {n}" for n in range(10_000)),
                                                             "(" * 500 + "x > 1" + ")" * 500), "SF401"),
    "a NUL character": (HEAD + "states: {a\0: {}}\n", "SF001"),
    "3,000 states": (many_states(3_000), "SF010"),
    "200,000 values": (HEAD + f"states: {{a: {{by: [{'x, ' * 200_000}]}}}}\n", "SF010"),
    "a name of 900,000 letters": (HEAD + f"states: {{a: {{by: {'k' * 900_000}}}, b: {{end: done}}}}\n", "SF202"),
    "nothing": ("", "SF100"),
    "one long line": ("x" * 999_999, "SF100"),
}  # fmt: skip


def _files(folder: Path, text: str) -> Path:
    path = folder / "desk.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.requirement("R149")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_gets_one_clear_error_at_once(tmp_path: Path, name: str) -> None:
    text, code = HOSTILE[name]
    path = _files(tmp_path, text)
    with bounded():
        found = check([path]).findings
    (error,) = (finding for finding in found if finding.severity == "error")
    assert error.code == code
    assert error.help
    assert len(str(error)) < 2_000
    with pytest.raises(DefinitionError):
        load(path)


def state(name: str, targets: list[str]) -> str:
    ways = ", ".join(f"e{n}: {target}" for n, target in enumerate(targets))
    return f"{name}: {{by: clerk, events: {{{ways}}}}}\n"


def rounds() -> str:
    """Moves back and forth, as many as are read."""
    back = (1, 2, 3, 50)
    states = (state(f"s{n}", [f"s{n + 1}", *(f"s{max(0, n - far)}" for far in back)]) for n in range(295))
    return "states:\n  " + "  ".join(states) + "  s295: {end: done}\n"


def choices() -> str:
    """Conditions over several fields, every one another."""
    ways = "".join(f"{{to: s{{}}, when: score > {n % 5} and n < {n} and (f or g)}}, " for n in range(5))
    event = f"{{may: [f, g, n, score], to: [{ways}s{{}}]}}"
    states = (f"s{n}: {{by: clerk, events: {{e: {event.replace('{}', str(n + 1))}}}}}\n" for n in range(290))
    return (
        "fields: {f: flag, g: flag, n: number, score: 1..5}\nstates:\n  " + "  ".join(states) + "  s290: {end: done}\n"
    )


def regions() -> str:
    """Many regions that hear the same events."""
    inner = "{by: clerk, states: {a: {events: {e: b, f: c}}, b: {events: {e: a, f: c}}, c: {end: done}}}"
    beside = "".join(f"      r{n}: {inner}\n" for n in range(70))
    return (
        f"states:\n  p:\n    parallel: true\n    events: {{done: over}}\n    states:\n{beside}  over: {{end: done}}\n"
    )


@pytest.mark.parametrize("large", [rounds, choices, regions])
def test_the_largest_files_that_are_read_are_checked_at_once(tmp_path: Path, large: Callable[[], str]) -> None:
    with bounded():
        found = check(
            [_files(tmp_path, f"process: desk\nversion: 1\nroles: [clerk]\ncalendar: always\n{large()}")]
        ).findings
    assert not {finding.code for finding in found if finding.severity == "error"} - {"SF405"}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (random.Random(1).randbytes(50_000), "SF001"),
        (b"\x89PNG\r\n\x1a\n" + bytes(1_000), "SF001"),
        ("process: desk\n".encode("utf-16"), "SF001"),
        (b"process: d\xe9sk\n", "SF001"),
        (b"\xff" * 11_000_000, "SF010"),
    ],
    ids=["random bytes", "a picture", "UTF-16", "Latin-1", "eleven megabytes"],
)
def test_bytes_that_are_no_text_get_one_clear_error(tmp_path: Path, raw: bytes, code: str) -> None:
    path = tmp_path / "desk.yaml"
    path.write_bytes(raw)
    (error,) = check([path]).findings
    assert (error.code, bool(error.help)) == (code, True)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "desk.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + many_states(2).encode())
    assert check([path]).findings == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{HEAD}states: {{a: {{{', '.join(f'k{n}: x' for n in range(5_000))}}}}}\n", "SF101"),
        ("process: desk\n" * 50_000, "SF002"),
        (many_labels(5_000), "SF802"),
        (f"{HEAD}states: {{a: {{by: [{', '.join(f'name_{n}' for n in range(5_000))}]}}}}\n", "SF202"),
    ],
    ids=["unknown words", "duplicate keys", "labels for nothing", "unknown names"],
)  # fmt: skip
def test_thousands_of_mistakes_are_told_in_part(tmp_path: Path, text: str, code: str) -> None:
    path = _files(tmp_path, text)
    with bounded():
        report = check([path])
        render(report.findings, report.sources, color=False)
    assert code in {finding.code for finding in report.findings}
    assert len(report.findings) <= 201


def test_the_number_of_findings_that_are_not_told_is(tmp_path: Path) -> None:
    found = check([_files(tmp_path, many_labels(500))]).findings
    assert [finding.message for finding in found if finding.code == "SF011"] == ["300 more findings are not shown"]


def test_a_file_that_is_not_there_is_a_finding_with_a_help(tmp_path: Path) -> None:
    _files(tmp_path, many_states(2))
    (error,) = check([tmp_path / "deks.yaml"]).findings
    assert (error.code, error.help) == ("SF010", "did you mean `desk.yaml`?")
    with pytest.raises(DefinitionError) as raised:
        load(tmp_path / "deks.yaml")
    assert [finding.code for finding in raised.value.findings if isinstance(finding, Finding)] == ["SF010"]


def test_a_file_like_no_other_is_said_to_be_looked_for_from_here(tmp_path: Path) -> None:
    (error,) = check([tmp_path / "nothing_like_it.yaml"]).findings
    assert error.help == "a path begins in the current folder"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (error,) = check([tmp_path]).findings
    assert error.code == "SF010"


@given(st.text(alphabet=st.sampled_from("ab:{}[],-#&*!|>'\"%@`\n\t 。：\0\u2028"), max_size=60))
def test_no_text_breaks_the_check(text: str) -> None:
    for finding in findings({"desk.yaml": text}, "desk.yaml"):
        assert finding.line >= 1


@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_no_heap_of_words_breaks_the_check(words: list[str]) -> None:
    text = "process: desk\nversion: 1\n" + " ".join(words)
    lines = text.count("\n") + 2
    for finding in findings({"desk.yaml": text}, "desk.yaml"):
        assert 1 <= finding.line <= lines
        assert str(finding)
