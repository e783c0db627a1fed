"""Rules that an installed package adds; the package is the one of the documentation."""

import sys
from pathlib import Path

import pytest

from pages import ROOT, blocks
from svcflow.cli.app import main
from svcflow.cli.failures import FINDINGS, WRONG_USE

PAGE = ROOT / "docs" / "how-to" / "house-rules.md"
FILES = {block.title: block.text for kind in ("toml", "python") for block in blocks(PAGE, kind)}
MODULE = FILES["acme_rules.py"]
DESK = """process: desk
version: 1
roles: [clerk]
fields: {reason: text}
states:
  new: {by: clerk, events: {stop: off, refuse: {to: off, ask: reason}, close: closed}}
  closed: {end: done}
  off: {end: cancelled}
"""


def _check(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Lay the package where an installer would, and check a process."""
    site = folder / "site"
    about = site / "acme_rules-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "acme_rules.py").write_text(text, encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.0\n", encoding="utf-8")
    assert 'acme = "acme_rules:RULES"' in FILES["pyproject.toml"]
    (about / "entry_points.txt").write_text("[svcflow.rules]\nacme = acme_rules:RULES\n", encoding="utf-8")
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(sys.modules, "acme_rules", raising=False)
    (folder / "desk.yaml").write_text(DESK, encoding="utf-8")
    monkeypatch.chdir(folder)
    try:
        return main(["check", "desk.yaml"])
    finally:
        sys.modules.pop("acme_rules", None)


def test_the_rule_of_the_documentation_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _check(MODULE, tmp_path, monkeypatch) == FINDINGS
    told = capsys.readouterr().out
    assert "error[SF901]: `stop` cancels a case and does not ask for the reason\n --> desk.yaml:6:29" in told
    assert told.endswith("1 file checked: 1 error\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_of_this_name\n", "house rules 'acme' cannot be loaded: ModuleNotFoundError"),
        ("RULES = 3\n", "house rules 'acme': acme_rules:RULES is no `Rule`"),
        (MODULE.replace("SF901", "SF301"), "'SF301' is no code of house rules"),
        (MODULE.replace("(cancelled_without_reason,)", "(cancelled_without_reason,) * 2"), "there are two rules SF901"),
        (MODULE.replace("owner.sent", "owner.snet"), "house rules 'acme': SF901 fails on 'desk': AttributeError"),
    ],
)
def test_a_package_that_is_wrong_is_one_error_that_names_it(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _check(text, tmp_path, monkeypatch) == WRONG_USE
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
