"""
`publish`, `open` and `send`: forms as they are typed, and refusals in words.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.shop import AGENT, SHOP, STORE, Command, told
from svcflow.cli.failures import FINDINGS, WRONG_USE
from svcflow.cli.form import form_of
from svcflow.cli.refusals import REASONS, instead, reason
from svcflow.core.decision import Refusal, RefusalCode

KIM = ("--actor", "kim", "--role", "engineer")


def test_publishing_names_what_is_in_the_store_now(cli: Command) -> None:
    done = cli("publish", "shop.yaml", "--store", STORE)
    assert (done.status, done.out) == (0, "published shop version 1\n")


def test_a_program_reads_what_was_published(cli: Command) -> None:
    (published,) = cli("publish", "shop.yaml", "--store", STORE, "--format", "json").data
    assert (published["process"], published["version"], len(published["digest"])) == ("shop", 1, 64)


def test_publishing_the_same_again_changes_nothing(shop: Command) -> None:
    before = Path("shop.db").read_bytes()
    assert shop("publish", "shop.yaml").status == 0
    assert Path("shop.db").read_bytes() == before


def test_a_file_with_errors_is_shown_with_its_places_and_not_published(cli: Command, folder: Path) -> None:
    (folder / "shop.yaml").write_text(SHOP.replace("refuse: refused", "refuse: refusde"), encoding="utf-8")
    done = cli("publish", "shop.yaml", "--store", STORE)
    assert (done.status, done.out) == (FINDINGS, "")
    assert "error[SF201]" in done.err
    assert "--> shop.yaml:" in done.err
    assert not Path("shop.db").exists()


def test_a_changed_file_needs_another_version(shop: Command, folder: Path) -> None:
    (folder / "shop.yaml").write_text(SHOP.replace("limit: 2h", "limit: 3h"), encoding="utf-8")
    done = shop("publish", "shop.yaml")
    assert done.status == FINDINGS
    assert "write `version: 2`" in done.err


def test_opening_says_the_id_and_the_state(shop: Command) -> None:
    done = shop("open", "shop", "customer=acme", "fault=no picture", *AGENT)
    assert done.status == 0
    assert done.out.startswith("opened ")
    assert done.out.endswith(": received\n")


def test_sending_says_what_moved(shop: Command, case: str) -> None:
    assert shop("send", case, "hand_over", "owner=kim", *AGENT).out == f"{case}: received -> repairing\n"


def test_who_is_logged_in_acts_when_nobody_is_named(shop: Command, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "wang")
    shop("send", case, "hand_over", "owner=kim", "--role", "agent")
    assert shop("journal", case, "--format", "json").data[-1]["actor"]["id"] == "wang"


def test_an_actor_stands_in_for_somebody_with_all_that_belongs_to_it(shop: Command, case: str) -> None:
    shop("send", case, "hand_over", "owner=kim", *AGENT, "--group", "desk", "--for", "zhao")
    actor = shop("journal", case, "--format", "json").data[-1]["actor"]
    assert actor == {"id": "li", "roles": ["agent"], "groups": ["desk"], "for": "zhao"}


SKILLED = """\
process: lift
version: 1
roles: [agent]
qualifications: [electrician]
states:
  repair: {by: agent, qualified: {electrician: 2}, events: {repaired: finished}}
  finished: {end: done}
"""


def test_an_actor_has_the_qualifications_that_are_given(shop: Command, folder: Path) -> None:
    (folder / "lift.yaml").write_text(SKILLED, encoding="utf-8")
    shop("publish", "lift.yaml")
    lift = shop("open", "lift", *AGENT, "--format", "json").data["id"]
    line, _ = told(shop("send", lift, "repaired", *AGENT, "--qualified", "electrician"))
    assert line == ("this actor is not qualified to `repaired`: `electrician` is of level 1, and 2 is needed")
    shown = shop("show", lift, *AGENT, "--qualified", "electrician:2", "--format", "json")
    assert "unqualified" not in shown.out
    assert shop("send", lift, "repaired", *AGENT, "--qualified", "electrician:2").status == 0
    held = shop("journal", lift, "--format", "json").data[-1]["actor"]["qualifications"]
    assert held == {"electrician": {"level": 2, "until": None}}


def test_a_qualification_that_cannot_be_read_is_wrong_use(shop: Command, case: str) -> None:
    done = shop("send", case, "hand_over", "owner=kim", *AGENT, "--qualified", "electrician:high")
    assert done.status == WRONG_USE
    assert "`electrician:high` is no qualification" in done.err


def test_what_is_missing_and_what_is_over_is_said_in_words() -> None:
    over = datetime(2026, 4, 30, 16, tzinfo=UTC)
    parameters = {"needs": {"a": 1, "b": 2}, "missing": ("a",), "expired": {"b": over}}
    assert reason(Refusal("c1", "go", "unqualified", parameters)) == (
        "this actor is not qualified to `go`: `a` is missing; `b` was good until 2026-04-30 16:00 UTC"
    )


def test_the_same_key_sends_once(shop: Command, case: str) -> None:
    for _ in range(2):
        assert shop("send", case, "hand_over", "owner=kim", *AGENT, "--key", "web-7").status == 0
    assert len(shop("journal", case, "--format", "json").data) == 2


def test_the_same_key_with_another_form_is_a_failure(shop: Command, case: str) -> None:
    shop("send", case, "hand_over", "owner=kim", *AGENT, "--key", "web-7")
    done = shop("send", case, "hand_over", "owner=bo", *AGENT, "--key", "web-7")
    assert done.status == FINDINGS
    assert "web-7" in told(done)[0]


def test_values_get_the_types_of_the_process(shop: Command, case: str) -> None:
    photo = {"id": "f1", "name": "front.jpg", "size": 9, "sha256": "ab"}
    shop("send", case, "hand_over", "owner=kim", "price=120.50", "parts=fan", "parts=lamp",
         f"photos:={json.dumps(photo)}", *AGENT)  # fmt: skip
    fields = shop("show", case, "--format", "json").data["fields"]
    assert (fields["price"], fields["parts"], fields["photos"]) == ("120.50", ["fan", "lamp"], [photo])


def test_a_form_comes_from_a_file_and_arguments_add_to_it(shop: Command, case: str, folder: Path) -> None:
    (folder / "form.json").write_text('{"owner": "kim", "price": 0.1, "parts": ["fan"]}', encoding="utf-8")
    shop("send", case, "hand_over", "--form", "form.json", "owner=bo", *AGENT)
    fields = shop("show", case, "--format", "json").data["fields"]
    assert (fields["owner"], fields["price"], fields["parts"]) == ("bo", "0.1", ["fan"])


def test_a_form_comes_from_standard_input(shop: Command, case: str) -> None:
    command = [sys.executable, "-m", "svcflow.cli", "send", case, "hand_over", "--form", "-", *AGENT]
    done = subprocess.run(command, input='{"owner": "金"}'.encode(), capture_output=True, check=False)
    assert done.returncode == 0
    assert shop("show", case, "--format", "json").data["fields"]["owner"] == "金"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[1]", "holds no JSON object"),
        (b"{", "this is not JSON"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"[" * 100_000, "this is not JSON"),
        (b'"' + b"x" * 10_000_001, "is larger than any form"),
    ],
)
def test_a_file_that_is_no_form_is_wrong_use(shop: Command, case: str, folder: Path, content: bytes, said: str) -> None:
    (folder / "form.json").write_bytes(content)
    done = shop("send", case, "hand_over", "--form", "form.json", *AGENT)
    assert done.status == WRONG_USE
    assert said in told(done)[0]


@pytest.mark.parametrize("argument", ["owner", "=kim", "2nd=x", "owner kim", "owner:={"])
def test_an_argument_that_fills_no_field_is_wrong_use(shop: Command, case: str, argument: str) -> None:
    assert shop("send", case, "hand_over", argument, *AGENT).status == WRONG_USE


NAMES = st.from_regex(r"[^\W\d]\w{0,8}", fullmatch=True)


@given(st.dictionaries(NAMES, st.text(), max_size=5))
def test_what_stands_behind_the_sign_is_the_value_whatever_it_is(fields: dict[str, str]) -> None:
    assert form_of([f"{name}={value}" for name, value in fields.items()], None) == fields


@given(NAMES, st.lists(st.text(), min_size=2, max_size=4))
def test_a_field_that_comes_again_makes_a_list(name: str, values: list[str]) -> None:
    assert form_of([f"{name}={value}" for value in values], None) == {name: values}


def test_sending_takes_the_whole_id_only(shop: Command, case: str) -> None:
    done = shop("send", case[:16], "hand_over", "owner=kim", *AGENT)
    line, hint = told(done)
    assert done.status == WRONG_USE
    assert "its whole id is needed" in line
    assert hint == f"did you mean {case}?"


def test_an_unknown_case_or_process_is_wrong_use(shop: Command) -> None:
    assert shop("send", "nothing-like-it", "done").status == WRONG_USE
    done = shop("open", "shpo", "customer=a")
    assert done.status == WRONG_USE
    assert told(done) == ("no process 'shpo' is published in this store", "did you mean 'shop'?")


# ── refusals ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_refusal_has_words() -> None:
    assert set(REASONS) == set(get_args(RefusalCode))


def test_a_refusal_says_who_may_and_changes_nothing(shop: Command, case: str) -> None:
    done = shop("send", case, "hand_over", "owner=kim", *KIM)
    line, _ = told(done)
    assert done.status == FINDINGS
    assert line == "`hand_over` is for agent, and this actor is none of these"
    assert len(shop("journal", case, "--format", "json").data) == 1


def test_a_refusal_says_what_is_possible_instead(shop: Command, case: str) -> None:
    assert told(shop("send", case, "good", *AGENT)) == (
        "`good` is not possible in `received`",
        "possible now: hand_over, refuse",
    )


def test_a_misspelt_event_is_told_with_what_was_meant(shop: Command, case: str) -> None:
    assert told(shop("send", case, "handover", *AGENT)) == (
        "the process has no event called `handover`",
        "did you mean `hand_over`? possible now: hand_over, refuse",
    )


def test_a_wrong_form_is_told_field_by_field(shop: Command, case: str) -> None:
    line, _ = told(shop("send", case, "hand_over", "price=much", "colour=red", *AGENT))
    assert "`owner` must be filled in" in line
    assert "`price` must be a number, not 'much'" in line
    assert "`colour` is not a field of this process" in line


def test_whoever_acted_before_is_told_where(shop: Command, case: str) -> None:
    shop("send", case, "hand_over", "owner=kim", *AGENT)
    shop("send", case, "done", "result=new lamp", *KIM)
    line, _ = told(shop("send", case, "good", *KIM))
    assert line == "this actor may not `good`, having acted or being named in `repairing`"


def test_when_no_way_is_open_each_is_told_with_why(shop: Command, case: str) -> None:
    shop("send", case, "hand_over", "owner=kim", "price=5", *AGENT)
    for event, who in (("done", KIM), ("bad", AGENT), ("done", KIM)):
        shop("send", case, event, *(["result=x"] if event == "done" else []), *who)
    line, _ = told(shop("send", case, "bad", *AGENT))
    assert line == "`bad` leads nowhere now: to `repairing` was taken 1 times already; to `refused` needs price > 100"


def test_a_case_that_is_over_says_so(shop: Command, case: str) -> None:
    shop("send", case, "refuse", *AGENT)
    assert told(shop("send", case, "hand_over", *AGENT)) == ("the case is over: it ended as `refused`", "")


def test_a_program_reads_the_refusal_as_json(shop: Command, case: str) -> None:
    done = shop("send", case, "hand_over", *AGENT, "--format", "json")
    assert done.status == FINDINGS
    refusal = done.data["refusal"]
    assert (refusal["code"], refusal["parameters"]) == ("form", {"problems": {"owner": "must be filled in"}})
    assert done.err.startswith("error: the form of `hand_over` does not fit")


def test_an_opening_is_refused_in_words_too(shop: Command) -> None:
    done = shop("open", "shop", "customer=acme", "fault=x", *KIM)
    assert done.status == FINDINGS
    assert told(done)[0] == "`open` is for agent or customer, and this actor is none of these"


def test_the_words_of_a_refusal_stay_on_one_line() -> None:
    refused = Refusal("c", "done", "form", {"problems": {"a": "is\n\x1b[31mred"}})
    assert reason(refused) == "the form of `done` does not fit: `a` is \N{REPLACEMENT CHARACTER}[31mred"
    assert instead(refused).startswith("nothing is possible for this actor now")
