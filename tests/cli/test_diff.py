"""
`diff` at the command line: files, versions in a lock, versions in a store.
"""

from pathlib import Path

import pytest

from cli.shop import SHOP, STORE, Command, told
from svcflow.cli.failures import FINDINGS, WRONG_USE

SLOWER = SHOP.replace("version: 1", "version: 2").replace("limit: 2h", "limit: 3h").replace("by: owner", "by: lead")


@pytest.fixture
def later(shop: Command, folder: Path) -> Command:
    (folder / "before.yaml").write_text(SHOP, encoding="utf-8")
    (folder / "shop.yaml").write_text(SLOWER, encoding="utf-8")
    return shop


@pytest.mark.parametrize(
    "named",
    [
        ("shop.yaml",),
        ("shop.yaml", "--against", STORE),
        ("before.yaml", "shop.yaml"),
        ("shop@1", "shop.yaml"),
        ("shop", "shop.yaml", "--against", STORE),
    ],
)
def test_what_is_different_is_told_under_what_it_is_about(later: Command, named: tuple[str, ...]) -> None:
    done = later("diff", *named)
    assert (done.status, done.err) == (FINDINGS, "")
    assert done.out == (
        "shop version 1 -> shop version 2\n"
        "\nWho may act\n  state `repairing`: `by` was owner, is lead\n"
        "\nTimes\n  state `received`: `limit` was 2h, is 3h\n"
    )


@pytest.mark.requirement("R218")
def test_two_versions_of_a_store_are_compared(later: Command) -> None:
    later("publish", "shop.yaml")
    done = later("diff", "shop@2", "shop@1", "--against", STORE, "--format", "json")
    assert done.status == FINDINGS
    assert (done.data["old"]["version"], done.data["new"]["version"], done.data["same"]) == (2, 1, False)
    assert done.data["changes"][0] == {
        "about": "times", "kind": "changed", "things": ["state `received`"], "what": "limit",
        "before": "3h", "after": "2h", "text": "state `received`: `limit` was 3h, is 2h",
    }  # fmt: skip


def test_what_behaves_alike_has_no_differences(later: Command, folder: Path) -> None:
    (folder / "shop.yaml").write_text(SHOP.replace("Repair shop", "Workshop"), encoding="utf-8")
    done = later("diff", "shop.yaml")
    assert (done.status, done.out) == (0, "shop version 1 and shop version 1 behave alike\n")
    assert later("diff", "shop.yaml", "--format", "json").data["changes"] == []


@pytest.mark.parametrize(
    ("named", "error", "hint"),
    [
        (("shop@7", "shop.yaml"), "shop has no version 7", "there is 1"),
        (("shop@x", "shop.yaml"), "shop has no version x", "there is 1"),
        (("shpo", "shop.yaml"), "no process shpo is published there", "did you mean shop?"),
        (("shop@1",), "shop@1 is compared with nothing", "name a file, or two versions"),
        (("none.yaml", "shop.yaml"), "there is no file none.yaml", ""),
    ],
)
def test_a_version_that_is_not_there_is_wrong_use(
    later: Command, named: tuple[str, ...], error: str, hint: str
) -> None:
    done = later("diff", *named)
    assert done.status == WRONG_USE
    assert told(done)[0] == error
    assert hint in done.err


def test_without_a_lock_there_is_nothing_to_compare_with(cli: Command) -> None:
    assert told(cli("diff", "shop.yaml"))[0] == "there is no svcflow.lock to look published versions up"
