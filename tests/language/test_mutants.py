"""Single slips in the shared definitions are reported at their line, with a help."""

import random
from pathlib import Path

import pytest

from language.mutants import SLIPS, Mutant, locked, mutants, noticed, reported, with_line
from svcflow.language.findings import Fix
from svcflow.language.reader import read

SAMPLE = 150


@pytest.fixture(scope="module")
def texts(shared: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted((shared / "definitions").glob("*.yaml"))}


def _made(texts: dict[str, str], kind: str) -> list[Mutant]:
    choose = random.Random(20260504)
    return [mutant for file, text in texts.items() for mutant in mutants(kind, file, text, choose)]


def _missed(texts: dict[str, str], made: list[Mutant]) -> list[str]:
    return [f"{one.file}:{one.line}: {one.what}" for one in made if not reported(one, noticed(one, texts))]


@pytest.mark.parametrize("kind", SLIPS)
def test_a_sample_of_slips_is_reported_at_its_line(texts: dict[str, str], kind: str) -> None:
    made = random.Random(1).sample(_made(texts, kind), SAMPLE)
    missed = _missed(texts, made)
    assert len(missed) <= (SAMPLE // 33 if kind == "swap" else 0), missed


def test_hardly_a_deleted_line_is_missed_and_those_changed_nothing_that_happens(texts: dict[str, str]) -> None:
    made = random.Random(3).sample(_made(texts, "delete"), SAMPLE // 4)
    untold = _untold(texts, made)
    assert len(untold) <= len(made) // 20, [f"{one.file}:{one.line}" for one in untold]
    assert _changed(texts, untold) == []


def _untold(texts: dict[str, str], made: list[Mutant]) -> list[Mutant]:
    lock = locked(texts)
    return [one for one in made if not reported(one, noticed(one, texts, lock))]


def _changed(texts: dict[str, str], mutants_: list[Mutant]) -> list[str]:
    """Those after which some process behaves otherwise, by its digest."""
    before = {key: one.digest for key, one in locked(texts).editions.items()}
    after = ((one, locked({**texts, one.file: one.text}).editions) for one in mutants_)
    return [one.what for one, editions in after if {key: other.digest for key, other in editions.items()} != before]


def test_most_slips_are_repaired_by_the_edit_that_is_offered(texts: dict[str, str]) -> None:
    made = random.Random(2).sample(_made(texts, "swap"), SAMPLE)
    repaired = [
        one for one in made if any(_edited(one.text, fix) == _tidy(texts[one.file]) for fix in _fixes(texts, one))
    ]
    assert len(repaired) >= SAMPLE * 9 // 10


def _fixes(texts: dict[str, str], mutant: Mutant) -> list[Fix]:
    return [found.fix for found in noticed(mutant, texts) if found.line == mutant.line and found.fix is not None]


def _edited(text: str, fix: Fix) -> str:
    lines = text.split("\n")
    line = lines[fix.span.line - 1]
    lines[fix.span.line - 1] = line[: fix.span.column - 1] + fix.text + line[fix.span.end_column - 1 :]
    return _tidy("\n".join(lines))


def _tidy(text: str) -> str:
    return text.rstrip("\n")


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", SLIPS)
def test_of_all_slips_hardly_one_is_missed(texts: dict[str, str], kind: str) -> None:
    made = _made(texts, kind)
    missed = _missed(texts, made)
    assert len(missed) <= (len(made) // 100 if kind == "swap" else 0), missed


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("service_ticket.yaml", "    limit: 2h\n", "    limit： 2h\n", "SF004"),
        ("service_ticket.yaml", "agree: dispatch", "agree：dispatch", "SF004"),
        ("complaint.yaml", "ruled: {to: implement", "ruled: {to： implement", "SF004"),
        ("service_ticket.yaml", "settle: {to: wrap_up", "settle: {to: warp_up", "SF201"),
        ("maintenance.yaml", "refused: {to: skipped", "refused: {to: gone", "SF201"),
        ("callback.yaml", "satisfaction >= 4 and", "satisfaction > 5 and", "SF405"),
        ("callback.yaml", "table: {service:", "table: {sevrice:", "SF404"),
    ],
)
def test_a_slip_of_another_kind_is_reported_at_its_line(
    texts: dict[str, str], file: str, old: str, new: str, code: str
) -> None:
    at = texts[file].index(old)
    line = texts[file][:at].count("\n") + 1
    mutant = Mutant("edit", file, texts[file].replace(old, new, 1), line, new)
    found = noticed(mutant, texts)
    assert code in {finding.code for finding in found if finding.line == line}
    assert reported(mutant, found)


def test_a_state_that_nothing_leads_to_any_more_is_reported(texts: dict[str, str]) -> None:
    document = read(texts["complaint.yaml"], "complaint.yaml")
    number = next(n for n, line in enumerate(document.lines, start=1) if "arbitrate: {to: arbitration" in line)
    changed = with_line(document, number, document.lines[number - 1].replace("to: arbitration", "to: implement"))
    line = next(n for n, text in enumerate(document.lines, start=1) if text.startswith("  arbitration:"))
    mutant = Mutant("edit", "complaint.yaml", changed, line, "unreachable")
    found = noticed(mutant, texts)
    assert ("SF301", line) in {(finding.code, finding.line) for finding in found}
