"""
The lock at the command line: `publish` writes it, `lock` writes it, `check` reads it.
"""

from pathlib import Path

import pytest

from cli.shop import SHOP, STORE, Command, told
from svcflow.cli import lock as locking
from svcflow.cli.failures import FINDINGS, WRONG_USE
from svcflow.language.lock import LOCK

SLOWER = SHOP.replace("limit: 2h", "limit: 3h")


def _write(folder: Path, text: str) -> None:
    (folder / "shop.yaml").write_text(text, encoding="utf-8")


def test_publishing_locks_what_was_published(shop: Command, folder: Path) -> None:
    assert list(locking.read(Path(LOCK)).editions) == [("shop", 1)]
    _write(folder, SLOWER)
    done = shop("check", "shop.yaml")
    assert done.status == FINDINGS
    assert "error[SF701]" in done.out
    assert "state `received`: `limit` was 2h, is 3h" in done.out


def test_a_new_version_is_added_to_the_lock(shop: Command, folder: Path) -> None:
    _write(folder, SLOWER.replace("version: 1", "version: 2"))
    assert shop("publish", "shop.yaml").err.startswith(f"locked in {LOCK}: shop version 2\n")
    assert list(locking.read(Path(LOCK)).editions) == [("shop", 1), ("shop", 2)]


def test_publishing_the_same_again_leaves_the_lock(shop: Command) -> None:
    before = Path(LOCK).stat().st_mtime_ns
    assert shop("publish", "shop.yaml").err == ""
    assert Path(LOCK).stat().st_mtime_ns == before


def test_a_lock_can_stand_elsewhere_or_nowhere(cli: Command, folder: Path) -> None:
    assert cli("publish", "shop.yaml", "--store", STORE, "--no-lock").status == 0
    assert not Path(LOCK).exists()
    assert cli("publish", "shop.yaml", "--store", STORE, "--lock", "kept.json").status == 0
    assert list(locking.read(Path("kept.json")).editions) == [("shop", 1)]
    _write(folder, SLOWER)
    assert cli("check", "shop.yaml").status == 0
    assert "SF701" in cli("check", "shop.yaml", "--against", "kept.json").out
    assert cli("publish", "shop.yaml", "--store", STORE, "--lock", "a", "--no-lock").status == WRONG_USE


@pytest.mark.requirement("R150", "R218")
def test_nothing_is_published_that_the_lock_contradicts(cli: Command, folder: Path) -> None:
    assert cli("lock", "shop.yaml").status == 0
    _write(folder, SLOWER)
    done = cli("publish", "shop.yaml", "--store", STORE)
    assert done.status == FINDINGS
    assert "write `version: 2`" in done.err
    assert not Path("shop.db").exists()


def test_a_lock_that_cannot_be_written_does_not_undo_what_is_published(
    cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: Path, _text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(locking, "write_whole", full)
    done = cli("publish", "shop.yaml", "--store", STORE)
    assert (done.status, done.out) == (0, "published shop version 1\n")
    assert "no lock was written: No space left on device" in done.err
    assert cli("publish", "shop.yaml", "--store", STORE, "--lock", "a.lock").status == WRONG_USE


def test_locking_again_says_that_there_is_nothing_new(cli: Command) -> None:
    assert cli("lock", "shop.yaml").err == f"locked in {LOCK}: shop version 1\n"
    assert cli("lock", "shop.yaml").err == "nothing new to lock\n"


def test_what_was_never_published_can_be_locked_anew(cli: Command, folder: Path) -> None:
    cli("lock", "shop.yaml")
    _write(folder, SLOWER)
    assert "error[SF701]" in cli("lock", "shop.yaml").err
    assert cli("lock", "shop.yaml", "--replace").err == f"locked in {LOCK}: shop version 1\n"
    assert cli("check", "shop.yaml").status == 0


@pytest.mark.parametrize("what", [STORE, LOCK, "before.yaml"])
def test_a_file_is_compared_with_a_store_a_lock_or_the_file_as_it_was(shop: Command, folder: Path, what: str) -> None:
    (folder / "before.yaml").write_text(SHOP, encoding="utf-8")
    assert shop("check", "shop.yaml", "--against", what).status == 0
    _write(folder, SLOWER)
    done = shop("check", "shop.yaml", "--against", what)
    assert (done.status, "error[SF701]" in done.out) == (FINDINGS, True)


def test_a_state_renamed_after_publishing_with_its_migration_leaves_nothing_to_tell(shop: Command) -> None:
    assert "is gone" not in shop("check", "shop.yaml").out
    assert shop("rename", "state", "repairing", "mending", "shop.yaml", "--migrate", "1").status == 0
    done = shop("check", "shop.yaml")
    assert (done.status, "SF7" in done.out) == (0, False)
    assert "state `repairing` is called `mending` now" in shop("diff", "shop.yaml").out


def test_what_to_compare_with_must_be_there(cli: Command, folder: Path) -> None:
    assert told(cli("check", "shop.yaml", "--against", "shop.lock"))[0] == "there is no file shop.lock"
    assert told(cli("check", "shop.yaml", "--against", STORE))[0] == "there is no file shop.db"
    (folder / LOCK).write_text("{}", encoding="utf-8")
    assert "SF709" in cli("check", "shop.yaml", "--against", LOCK).err
    assert "SF709" in cli("lock", "shop.yaml").err
