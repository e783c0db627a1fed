"""
`rename` at the command line.
"""

from pathlib import Path

from cli.shop import SHOP, Command, told
from svcflow.cli.failures import FINDINGS, WRONG_USE


def test_a_state_is_renamed_in_its_file(cli: Command, folder: Path) -> None:
    done = cli("rename", "state", "repairing", "mending", "shop.yaml")
    assert (done.status, done.err) == (0, "4 places in 1 file changed\n")
    assert (folder / "shop.yaml").read_text(encoding="utf-8") == SHOP.replace("repairing", "mending")


def test_what_would_change_is_shown(cli: Command, folder: Path) -> None:
    done = cli("rename", "role", "lead", "head", "shop.yaml", "--diff")
    assert "+roles: [agent, engineer, head]\n" in done.out
    assert (folder / "shop.yaml").read_text(encoding="utf-8") == SHOP


def test_a_name_that_is_taken_is_wrong_use(cli: Command) -> None:
    done = cli("rename", "role", "lead", "owner", "shop.yaml")
    assert (done.status, told(done)[0]) == (WRONG_USE, "the name `owner` is taken in shop.yaml")


def test_a_file_with_errors_is_told(cli: Command, folder: Path) -> None:
    (folder / "shop.yaml").write_text(SHOP.replace("refuse: refused", "refuse: refusde"), encoding="utf-8")
    done = cli("rename", "role", "lead", "head", "shop.yaml")
    assert done.status == FINDINGS
    assert "error[SF201]" in done.err


def test_stories_in_folders_below_follow(cli: Command, folder: Path) -> None:
    (folder / "stories").mkdir()
    story = folder / "stories" / "a.story.yaml"
    head = "story: a\nprocess: shop\nstart: 2026-03-09 09:00\n"
    text = f"{head}steps:\n- {{by: system, open: {{}}, refused: by}}\n- {{state: check}}\n"
    story.write_text(text, encoding="utf-8")
    assert "+- {state: tested}" in cli("rename", "state", "check", "tested", "shop.yaml", "--diff").out
    assert story.read_text(encoding="utf-8") == text
    assert "in 2 files changed" in cli("rename", "state", "check", "tested", "shop.yaml").err
    assert story.read_text(encoding="utf-8") == text.replace("check", "tested")
