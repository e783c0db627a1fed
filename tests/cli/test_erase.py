"""
`erase`: a case forgets private values, and says what else holds some.
"""

from pathlib import Path

import pytest

from cli.shop import STORE, Command, told
from engine.desk import FILES, LI
from svcflow.cli.failures import WRONG_USE
from svcflow.engine import Engine

ASKED = ("--reason", "asked by letter", "--actor", "lin")


def test_a_case_forgets_and_its_journal_says_who_and_why(shop: Command, case: str) -> None:
    done = shop("erase", case, *ASKED)
    assert (done.status, done.out, done.err) == (0, "erased phone\n", "")
    assert "555-0199" not in shop("show", case, "--private").out
    shown = shop("journal", case).out
    assert "phone: asked by letter" in shown
    last = shop("journal", case, "--format", "json").data[-1]
    assert (last["kind"], last["actor"]["id"]) == ("erased", "lin")
    assert last["detail"] == {"fields": ["phone"], "reason": "asked by letter"}
    assert shop("verify").status == 0


def test_the_same_again_does_nothing(shop: Command, case: str) -> None:
    assert shop("erase", case, "--field", "phone", *ASKED, "--format", "json").data == {
        "case": case, "fields": ["phone"], "legible": [], "copies": [],
    }  # fmt: skip
    assert shop("erase", case, *ASKED).out == "nothing is left to erase\n"
    assert len(shop("journal", case, "--format", "json").data) == 2


def test_cases_with_copies_are_named(shop: Command) -> None:
    with Engine(STORE) as engine:
        for name, text in FILES.items():
            Path(name).write_text(text, encoding="utf-8")
        engine.publish("visit.yaml")
        case = engine.open("visit", {"customer": "acme", "phone": "555-0199"}, actor=LI)
        child = engine.send(case.id, "ask", actor=LI).children["asking"]
    assert shop("erase", case.id, *ASKED, "--format", "json").data["copies"] == [child]
    assert shop("erase", child, *ASKED).out == "erased phone\n"
    assert shop("erase", case.id, *ASKED, "--format", "json").data["copies"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--field", "fault", *ASKED], "the field fault is not private"),
        (["--reason", " "], "erasing needs a reason"),
    ],
)
def test_what_cannot_be_erased_is_told(shop: Command, case: str, arguments: list[str], said: str) -> None:
    done = shop("erase", case, *arguments)
    assert done.status == WRONG_USE
    assert said in told(done)[0]
    assert "555-0199" in shop("show", case, "--private").out


def test_erasing_needs_the_whole_id(shop: Command, case: str) -> None:
    assert shop("erase", case[:20], *ASKED).status == WRONG_USE
    assert "555-0199" in shop("show", case, "--private").out
