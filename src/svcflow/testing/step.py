"""What a run has seen: each command with the cases before and after it, as properties and tables want to know it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from svcflow.core.case import Case
from svcflow.core.decision import HookCall, JournalEntry, Refusal
from svcflow.core.process import Process
from svcflow.testing.trace import Command, Trace
from svcflow.testing.trace_values import How


@frozen
class Called:
    """A hook call as the host got it, and what the host did with it."""

    call: HookCall
    how: How = "ok"


@frozen
class Step:
    """
    One command, carried out.

    `at` is what the clock showed when it was over. `before` and `after` are all cases as the store had them, by id.
    `entries` are the new entries of all journals, those of one case in their order; `calls` what the host was called
    with meanwhile. `refusal` or `error` is the answer where it was none of success. `crashed`: a process died on the
    way, and whoever asked has asked again.
    """

    number: int
    command: Command
    at: datetime
    before: Mapping[str, Case] = field(repr=False)
    after: Mapping[str, Case] = field(repr=False)
    entries: tuple[JournalEntry, ...] = ()
    calls: tuple[Called, ...] = ()
    refusal: Refusal | None = None
    error: Exception | None = None
    crashed: bool = False
    answer: str | None = "done"
    expected: str | None = None


@frozen
class Course:
    """
    What became of a trace, step by step, up to its end or to what broke.

    `processes` are the versions that its cases lived by, by name and version.
    """

    trace: Trace
    steps: tuple[Step, ...]
    processes: Mapping[tuple[str, int], Process] = field(repr=False)
