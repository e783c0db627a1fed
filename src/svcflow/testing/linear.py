"""
Whether those who acted at once could have acted one after another: linearizability, judged against the pure model.

Every act seems to happen at one instant between its beginning and its end, and everybody sees the same order. The
search goes back to Wing and Gong (1993), "Testing and Verifying Concurrent Objects": put next whatever nobody had to
wait for, if the model answers it alike, else go back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from attrs import define, field, frozen

from svcflow.core.case import Case
from svcflow.core.decision import JournalEntry
from svcflow.testing.pure import Pure
from svcflow.testing.trace import Erase
from svcflow.testing.twin import DONE, NOT_FOUND, Asked, Twin
from svcflow.testing.violations import NotLinearizable

MOST_TRIES = 100_000
"""Acts that are tried on the model until the search gives up."""


@frozen
class Act:
    """
    Something that somebody asked, and how it went.

    `began` and `ended` are of one count for all, so that an act which ended before another began comes before it. The
    `answer` is one word: `done`, the code of a refusal, or the name of an exception; `case` is what came with `done`.
    """

    party: str
    asked: Asked
    began: int
    ended: int
    answer: str
    case: Case | None = field(default=None, repr=False)


@frozen
class End:
    """What is there when all is over: the cases as of now, and their journals."""

    cases: Mapping[str, Case] = field(repr=False)
    journals: Mapping[str, Sequence[JournalEntry]] = field(repr=False)


Order: TypeAlias = tuple[Act, ...]


@frozen
class Explanation:
    """An order that explains everything, and the model after it."""

    order: Order
    after: Twin = field(repr=False)


def linearization(before: Twin, acts: Iterable[Act], end: End) -> Explanation:
    """
    An order of the acts that explains every answer and what is there in the end.

    Raises:
        NotLinearizable: There is none; the text shows the acts, and how far the longest order goes.
    """
    acts = tuple(sorted(acts, key=lambda act: act.began))
    search = _Search(acts, end, any(isinstance(act.asked, Erase) for act in acts))
    found = search.run(before)
    if found is None:
        raise NotLinearizable(search.told())
    return found


@define
class _Search:
    acts: tuple[Act, ...]
    end: End
    erased: bool
    longest: Order = ()
    tries: int = 0
    seen: dict[frozenset[int], list[Mapping[str, list[JournalEntry]]]] = field(factory=dict)

    def run(self, before: Twin) -> Explanation | None:
        """Depth first; where a set of acts has led to the same journals before, no further."""
        ways: list[tuple[Twin, Order, frozenset[int]]] = [(before, (), frozenset())]
        while ways:
            twin, order, done = ways.pop()
            if len(order) > len(self.longest):
                self.longest = order
            if len(done) == len(self.acts):
                if _is(twin.pure, self.end):
                    return Explanation(order, twin)
                continue
            for number in reversed(self._next(done)):
                after = self._after(twin, self.acts[number])
                if after is not None and self._new(done | {number}, after.pure.journal):
                    ways.append((after, (*order, self.acts[number]), done | {number}))
        return None

    def _next(self, done: frozenset[int]) -> list[int]:
        """The acts that nobody left had to end for: those that began before any of them ended."""
        left = [number for number in range(len(self.acts)) if number not in done]
        first = min(self.acts[number].ended for number in left)
        return [number for number in left if self.acts[number].began <= first]

    def _after(self, twin: Twin, act: Act) -> Twin | None:
        """The model after an act; None where it answers otherwise."""
        self.tries += 1
        if self.tries > MOST_TRIES:
            raise NotLinearizable(f"no order was found among {MOST_TRIES:,} tries; {self.told()}")
        after = twin.copy()
        if act.answer != NOT_FOUND:  # A case that a timer opens is there once a worker has come by; so it had.
            after.pure.confirm(after.pure.cases)
        wanted = after.answer(act.asked, act.answer)
        if wanted is not None and wanted != act.answer:
            return None
        if not self._leads_on(twin.pure, after.pure):
            return None
        if act.answer != DONE or isinstance(act.asked, Erase) or act.case is None:
            return after
        return after if after.pure.cases.get(act.case.id) == act.case else None

    def _leads_on(self, before: Pure, after: Pure) -> bool:
        """Whether what an act has added to the journals is what stands there in the end; erasing alters what stood."""
        if self.erased:
            return True
        for case, entries in after.journal.items():
            known = len(before.journal.get(case, ()))
            if len(entries) > known and list(self.end.journals.get(case, ()))[known : len(entries)] != entries[known:]:
                return False
        return True

    def _new(self, done: frozenset[int], journal: Mapping[str, list[JournalEntry]]) -> bool:
        known = self.seen.setdefault(done, [])
        if journal in known:
            return False
        known.append(journal)
        return True

    def told(self) -> str:
        """The acts side by side, and the longest order that explains their answers."""
        lines = [f"{_named(act)}: from {act.began} to {act.ended}, {_answered(act)}" for act in self.acts]
        if len(self.longest) == len(self.acts):
            explained = "their answers can be explained, but not what is there in the end: "
        else:
            explained = "no order explains all that was answered; the longest goes: "
        return "\n".join(
            ("several acted at once:", *lines, explained + (", ".join(map(_named, self.longest)) or "none"))
        )


def _is(pure: Pure, end: End) -> bool:
    return pure.cases == end.cases and all(
        list(end.journals[case]) == entries for case, entries in pure.journal.items()
    )


def _named(act: Act) -> str:
    asked = act.asked
    what = getattr(asked, "event", None) or type(asked).__name__.lower()
    return f"{act.party} {what} {asked.case}"


def _answered(act: Act) -> str:
    return act.answer if act.case is None else f"{act.answer} (entry {act.case.seq}, {act.case.state})"
