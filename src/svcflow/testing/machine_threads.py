"""What a machine must stand that is asked while it is being asked: by its own question, and by other threads."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread

from svcflow.core.machine import Machine
from svcflow.testing.chart_samples import Sample
from svcflow.testing.crowd import at_once
from svcflow.testing.machine_checks import Guard, Question, candidates, expect, expect_step, questions, told

PATIENCE = 30.0
"""Seconds after which a thread that waits for another one counts as stuck; a sound machine needs none of them."""

OFTEN = 1e-6
"""Seconds after which Python is to turn to another thread."""

THREADS = 8


def check_inside(machine: Machine, samples: Sequence[Sample]) -> None:
    """Ask within the answer to another question, and let two questions end in the order in which they began."""
    others = [(other, next(_answered(other))) for other in samples]
    for sample in samples:
        for question, _ in zip(_answered(sample), range(10), strict=False):

            def asks(transition: int, denied: frozenset[int] = question[2]) -> bool:
                for other, its in others:
                    expect_step(machine, other, its, ", within another step")
                return transition not in denied

            expect_step(machine, sample, question, ", while it is asked about others", asks)
        _expect_overlap(machine, sample, next(_answered(sample)))


def _answered(sample: Sample) -> Iterator[Question]:
    """The questions about which `allows` is asked."""
    return (question for question in questions(sample) if candidates(sample.chart, *question[:2]))


def _expect_overlap(machine: Machine, sample: Sample, question: Question) -> None:
    """Two threads step at once: the second begins within the first and ends after it."""
    begun, ended = Event(), Event()
    guard, troubles, waited = Guard(question[2]), list[BaseException](), list[bool]()

    def second(transition: int) -> bool:
        begun.set()
        ended.wait(PATIENCE)
        return guard(transition)

    def run() -> None:
        _noting(troubles, machine, sample, question, ", begun within another step", second)

    thread = Thread(target=run)

    def first(transition: int) -> bool:
        if not waited:
            thread.start()
            waited.append(begun.wait(PATIENCE))
        return guard(transition)

    _noting(troubles, machine, sample, question, ", while another one begins", first)
    ended.set()
    thread.join()
    expect(waited == [True], f"{told(sample, question)}: it keeps others waiting while it asks `allows`")
    if troubles:
        raise troubles[0]


def check_at_once(machine: Machine, samples: Sequence[Sample]) -> None:
    """Ask all questions in many threads, which Python interrupts as often as it can."""
    asked = [(sample, question) for sample in samples for question in _answered(sample)]
    broken = Event()

    def run(first: int) -> None:
        for sample, question in asked[first:] + asked[:first]:
            if broken.is_set():
                return
            try:
                expect_step(machine, sample, question, ", in many threads")
            except BaseException:
                broken.set()
                raise

    with _interrupting():
        at_once(partial(run, number * len(asked) // THREADS) for number in range(THREADS))


def _noting(troubles: list[BaseException], *arguments: object) -> None:
    try:
        expect_step(*arguments)  # type: ignore[arg-type]  # as its caller wrote them
    except BaseException as error:  # noqa: BLE001  (a thread has nobody to raise to; it is raised afterwards)
        troubles.append(error)


@contextmanager
def _interrupting() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(OFTEN)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
