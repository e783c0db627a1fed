"""
`check --fix` and `--diff` at the command line.
"""

from pathlib import Path

from cli.shop import SHOP, Command
from svcflow.cli.failures import FINDINGS

RIGHT = SHOP.replace(", when: price > 100", "")
WRONG = RIGHT.replace("refuse: refused", "refuse: refusde").replace("by: owner", "by: onwer")


def test_what_is_sure_is_repaired_and_told(cli: Command, folder: Path) -> None:
    (folder / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    done = cli("check", "--fix", "wrong.yaml")
    assert (done.status, done.out) == (0, "1 file checked: nothing wrong\n")
    assert "SF201 no state is called `refusde`: write `refused`\n" in done.err
    assert done.err.endswith("2 findings repaired\n")
    assert (folder / "wrong.yaml").read_text(encoding="utf-8") == RIGHT


def test_what_would_be_repaired_is_shown_and_nothing_changes(cli: Command, folder: Path) -> None:
    (folder / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    done = cli("check", "--fix", "--diff", "wrong.yaml")
    assert "-      refuse: refusde\n+      refuse: refused\n" in done.out
    assert done.err.endswith("2 findings would be repaired\n")
    assert (folder / "wrong.yaml").read_text(encoding="utf-8") == WRONG


def test_what_is_left_is_shown_and_fails(cli: Command, folder: Path) -> None:
    (folder / "wrong.yaml").write_text(WRONG.replace("ask: owner", "ask: nonsense"), encoding="utf-8")
    done = cli("check", "--fix", "wrong.yaml", "--format", "json")
    assert done.status == FINDINGS
    assert "SF203" in {one["code"] for one in done.data}
    assert (folder / "wrong.yaml").read_text(encoding="utf-8") == RIGHT.replace("ask: owner", "ask: nonsense")
