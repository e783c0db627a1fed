"""
XState 5 on the system's node, as a contender: a process beside this one that takes its turn when it is told to.

Its package comes from npm by name into a temporary folder. Without node, npm or the package there is no such contender.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from attrs import frozen

from benchmarks.shapes import Shape
from benchmarks.step_rivals import configuration

PACKAGE = "xstate@5"
SCRIPT = Path(__file__).with_name("xstate.mjs")
NAME = "xstate 5, pure"


class Missing(Exception):
    """XState cannot take part; the text says what is missing."""


class Node:
    """A running node that knows XState."""

    def __init__(self, process: subprocess.Popen[str], version: str) -> None:
        self.process, self.version = process, version

    def ask(self, **question: object) -> dict[str, Any]:
        """Ask one thing and wait for its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@frozen
class Xstate:
    """One shape in XState."""

    node: Node
    shape: Shape
    name: str = NAME

    def prepare(self, warmup: int) -> None:
        """Build the machine, see that it goes the right way, and let the compiler learn the round trip."""
        events = [event for event, _ in self.shape.trip]
        answer = self.node.ask(
            shape=self.shape.name, configuration=configuration(self.shape), events=events, warmup=warmup
        )
        expected = [leaves for _, leaves in self.shape.trip]
        assert list(map(frozenset, answer["leaves"])) == expected, f"{NAME} went to {answer['leaves']}"

    def timed(self, count: int) -> float:
        """Seconds of node's processor time per event, over so many round trips."""
        seconds: float = self.node.ask(shape=self.shape.name, count=count)["seconds"]
        return seconds / count / len(self.shape.trip)


@contextmanager
def node() -> Iterator[Node]:
    """
    Start a node with XState.

    Raises:
        Missing: If there is no node, no npm, or npm cannot get the package.
    """
    programs: Mapping[str, str | None] = {name: shutil.which(name) for name in ("node", "npm")}
    for name, path in programs.items():
        if path is None:
            raise Missing(f"there is no {name} here")
    with TemporaryDirectory() as folder:
        install = [
            str(programs["npm"]),
            "install",
            "--no-audit",
            "--no-fund",
            "--fetch-retries=0",
            "--prefix",
            folder,
            PACKAGE,
        ]
        done = subprocess.run(install, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
        if done.returncode:
            raise Missing(f"npm could not install {PACKAGE}")
        version = json.loads(Path(folder, "node_modules/xstate/package.json").read_text(encoding="utf-8"))["version"]
        script = shutil.copy(SCRIPT, folder)
        with subprocess.Popen(  # noqa: S603 - the same
            [str(programs["node"]), script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NODE_ENV": "production"},
        ) as process:
            yield Node(process, version)
