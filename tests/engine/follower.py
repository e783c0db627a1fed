"""Somebody who follows the journal of the desk, and what there is to follow."""

from __future__ import annotations

import time
from typing import Any

from engine.desk import LI, ORDER
from svcflow import Followed
from svcflow.engine import Engine

PATIENCE = 30.0
"""Seconds: on a server that they share, tests beside this one hold entries back as long as a transaction is open."""


def told(batch: tuple[Followed, ...]) -> list[str]:
    return [f"{one.case}/{one.entry.seq}" for one in batch]


def follow(engine: Engine, most: int, name: str = "crm", **asked: Any) -> list[str]:  # noqa: ANN401 - as `Engine.follow` has it
    """Everything new, until so much is there."""
    found, until = list[str](), time.monotonic() + PATIENCE
    while True:
        for batch in engine.follow(name, **asked):
            found += told(batch)
        if len(found) >= most or time.monotonic() > until:
            return found


def ready(engine: Engine, most: int) -> None:
    """Wait until so many entries can be followed."""
    follow(engine, most, name=f"before {most}")


def open_(engine: Engine, id_: str, tenant: str = "") -> None:
    engine.open("desk", ORDER, actor=LI, id=id_, tenant=tenant)


def assign(engine: Engine, id_: str) -> None:
    engine.send(id_, "assign", {"owner": "kim"}, actor=LI)
