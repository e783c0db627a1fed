"""
Commands run in a folder of their own, and a store with the shop's process.
"""

from pathlib import Path

import pytest

from cli.shop import AGENT, SHOP, STORE, Command, Done
from svcflow.cli.app import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SVCFLOW_STORE", "SVCFLOW_ACTOR", "SVCFLOW_TENANT", "SVCFLOW_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(SHOP, encoding="utf-8")
    return tmp_path


@pytest.fixture
def cli(folder: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: str) -> Done:
        status = main(arguments)
        return Done(status, *capsys.readouterr())

    return run


@pytest.fixture
def shop(cli: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    assert cli("publish", "shop.yaml", "--store", STORE).status == 0
    monkeypatch.setenv("SVCFLOW_STORE", STORE)
    return cli


@pytest.fixture
def case(shop: Command) -> str:
    done = shop("open", "shop", "customer=acme", "fault=no picture", "phone=555-0199", *AGENT, "--format", "json")
    assert done.status == 0, done.err
    return str(done.data["id"])
