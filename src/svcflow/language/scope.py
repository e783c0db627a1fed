"""The names of a process: where each is declared, who speaks of it, and which are spoken of without being there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from attrs import frozen

from svcflow.core.condition import Condition, Expression, condition, expression
from svcflow.core.process import Field
from svcflow.core.rule import Place
from svcflow.core.spelling import nearest
from svcflow.core.words import Problem
from svcflow.language.compiled import Sources
from svcflow.language.findings import Finding, Fix, Secondary, Span
from svcflow.language.nodes import ScalarNode
from svcflow.language.spaces import ASKED, Kind, Space


@frozen
class Reference:
    """A name that means nothing; `hint` is a help known already, `near` a neighbour of nearly that name."""

    space: Space
    name: str
    span: Span
    hint: str = ""
    near: str = ""


_PATIENCE = 100_000
"""Comparisons of names in one check: enough for any file written by hand, and bounded for the others."""


_HELP: Mapping[str, str] = MappingProxyType({
    "SF401": "a condition is made of fields, numbers, choice words, quoted texts, comparisons and `and or not`",
    "SF403": "compare things of one type",
    "SF404": "write one of these words",
})  # fmt: skip


class Scope:
    """
    What one compilation finds out about names. It only grows: names are declared, then spoken of.

    `declared` holds the place of each name per kind, `used` what was spoken of, `labelled` the names with a label.
    """

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.found: list[Finding] = []
        self.declared: dict[Kind, dict[str, Place]] = {}
        self.used: set[tuple[Kind, str]] = set()
        self._unknown: dict[Reference, None] = {}
        self.fields: dict[str, Field] = {}
        self.languages: tuple[str, ...] = ()
        self.labelled: frozenset[str] = frozenset()
        self._patience = _PATIENCE

    @property
    def unknown(self) -> tuple[Reference, ...]:
        """The names that mean nothing, each place once."""
        return tuple(self._unknown)

    @property
    def failed(self) -> bool:
        """Whether something was found that makes the process incomplete."""
        return bool(self._unknown) or any(finding.severity == "error" for finding in self.found)

    def names(self, *kinds: Kind) -> dict[str, Place]:
        """The declared names of some kinds with their places."""
        return {name: place for kind in kinds for name, place in self.declared.get(kind, {}).items()}

    def declare(self, kind: Kind, name: str, place: Place, *, key: bool = True) -> None:
        """Add a name; the same name from two files is a finding (SF210), and the first one counts."""
        first = self.declared.setdefault(kind, {}).setdefault(name, place)
        if first != place:
            note = self.sources.secondary(first, "first defined here", key=key)
            self.error("SF210", place, f"{kind} `{name}` is already defined", key=key,
                       hint="rename one of them, or remove it here", notes=(note,))  # fmt: skip

    def refer(self, space: Space, name: str, place: Place, *, key: bool = False) -> bool:
        """Speak of a name; whether it means something here."""
        if name in space.words:
            return True
        known = [kind for kind in space.kinds if name in self.declared.get(kind, {})]
        self.used.update((kind, name) for kind in known)
        if not known:
            self.miss(space, name, self.sources.word(place, name, key=key))
        return bool(known)

    def nearest(self, word: str, names: Collection[str]) -> str | None:
        """The name closest to a misspelt one, as long as the comparing stays bounded; None later."""
        self._patience -= len(names)
        return nearest(word, names) if self._patience > 0 else None

    def is_nearest(self, word: str, better: str, others: Collection[str]) -> bool:
        """Whether a name is nearer to a misspelt one than all others; no once the comparing has come to its bound."""
        self._patience -= len(others)
        return self._patience > 0 and nearest(word, [*others, better]) == better

    def miss(self, space: Space, name: str, span: Span, *, hint: str = "", near: str = "") -> None:
        """Note a name that means nothing."""
        self._unknown[Reference(space, name, span, hint, near)] = None

    def error(
        self,
        code: str,
        place: Place,
        message: str,
        *,
        hint: str,
        key: bool = False,
        notes: tuple[Secondary, ...] = (),
        fix: Fix | None = None,
    ) -> None:
        """Note an error at a value, or with `key` at a key."""
        span = self.sources.span(place, key=key)
        self.found.append(Finding.at(span, code, "error", message, hint=hint, notes=notes, fix=fix))

    def warn(self, code: str, place: Place, message: str, *, hint: str, key: bool = False) -> None:
        """Note a warning at a value, or with `key` at a key."""
        self.found.append(Finding.at(self.sources.span(place, key=key), code, "warning", message, hint=hint))

    def condition(self, text: str | None, place: Place) -> Condition | None:
        """Read a condition and type it against the fields."""
        if text is None:
            return None
        read = condition(text, self.fields)
        if isinstance(read, tuple):
            self.problems(read, text, place)
            return None
        self.looked_at(read.reads)
        return read

    def expression(self, text: str, target: str, place: Place) -> Expression | None:
        """Read a value of `set` for a field that exists."""
        _, node = self.sources.find(place)
        # In YAML quotes a text means itself, also where a field has that name.
        if isinstance(node, ScalarNode) and not node.plain and self.fields[target].kind == "text":
            text = f"'{text}'" if text in self.fields else text
        read = expression(text, self.fields[target], self.fields)
        if isinstance(read, tuple):
            self.problems(read, text, place)
            return None
        self.looked_at(read.reads)
        return read

    def looked_at(self, fields: frozenset[str]) -> None:
        """Fields that a condition or value reads are spoken of."""
        self.used.update(("field", name) for name in fields)

    def problems(self, problems: tuple[Problem, ...], text: str, place: Place) -> None:
        """Put the problems of a condition where they are in the file."""
        for problem in problems:
            span = self.sources.part(place, problem.start, problem.end)
            if problem.code == "SF402" and problem.end > problem.start:
                name = text[problem.start : problem.end].strip()
                self.miss(ASKED, name, span, hint=problem.help)
            else:
                hint = problem.help or _HELP.get(problem.code, "")
                fix = self._instead(problem, text, span)
                self.found.append(Finding.at(span, problem.code, "error", problem.message, hint=hint, fix=fix))

    def _instead(self, problem: Problem, text: str, span: Span) -> Fix | None:
        """The edit that writes what was meant, where the file holds the wrong sign as it was read."""
        document = next(one for one in self.sources.documents.values() if one.file == span.file)
        wrong = text[problem.start : problem.end]
        if not problem.better or document.lines[span.line - 1][span.column - 1 : span.end_column - 1] != wrong:
            return None
        before = " " if problem.better.isalpha() and text[: problem.start][-1:].strip() else ""
        after = " " if problem.better.isalpha() and text[problem.end :][:1].strip() else ""
        return Fix(f"write `{problem.better}`", span, f"{before}{problem.better}{after}")
