"""Definitions with one mistake, and what the check must say of it: `broken_definitions()`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, cast

from attrs import evolve, frozen
from hypothesis import strategies as st

from svcflow.language.nodes import Document, plain
from svcflow.language.reader import read
from svcflow.testing.definition import Definition, Tree, written
from svcflow.testing.mistakes import LINES, MISTAKES, Mistake, planted, where
from svcflow.testing.strategies.definition import definitions

CODES: Final = frozenset({*LINES, *(mistake.code for mistake in MISTAKES)})
"""The codes whose mistakes can be planted."""

_VERSION: Final = "version: "


@frozen
class Broken:
    """A definition with one mistake: the check reports `code` at `line` of the file it is about, perhaps among more."""

    definition: Definition
    code: str
    line: int


def broken_definitions(
    codes: Collection[str] = CODES,
    *,
    most_states: int = 3,
    parallel: bool = True,
    children: bool = True,
    timed: bool = True,
    versions: bool = True,
) -> st.SearchStrategy[Broken]:
    """
    Draw sound definitions and plant one mistake in each, of those that are told under some `codes`.

    Raises:
        ValueError: A code is not among `CODES`.
    """
    if not codes or not CODES.issuperset(codes):
        raise ValueError(f"no mistake can be planted for {', '.join(sorted({*codes} - CODES)) or 'no code at all'}")
    known: list[Mistake | str] = [one for one in MISTAKES if one.code in codes]
    known += [code for code in LINES if code in codes]
    plain, rich = (
        definitions(most_states=most_states, parallel=regions, children=children, timed=timed, versions=versions)
        for regions in (False, parallel)
    )
    return st.sampled_from(known).flatmap(
        lambda one: st.builds(break_definition, rich if isinstance(one, str) or one.regions else plain, st.just(one))
    )


def break_definition(definition: Definition, mistake: Mistake | str) -> Broken:
    """Plant one mistake; a code stands for a line that is wrong by itself."""
    if isinstance(mistake, str):
        lines = definition.text.split("\n")
        number = next(number for number, line in enumerate(lines) if line.startswith(_VERSION)) + 1
        text = "\n".join((*lines[:number], LINES[mistake], *lines[number:]))
        return Broken(_with(definition, text), mistake, number + 1)
    tree = planted(_tree(read(definition.text, definition.file)), mistake)
    broken = _with(definition, written(tree))
    beside = {file: written(one) for file, one in mistake.beside.items()}
    line = read(broken.text, broken.file).span(where(tree, mistake), key=True).line
    return Broken(evolve(broken, sources={**broken.sources, **beside}), mistake.code, line)


def _with(definition: Definition, text: str) -> Definition:
    return evolve(definition, sources={**definition.sources, definition.file: text})


def _tree(document: Document) -> Tree:
    """The file as nested mappings; it was compiled, so that it is one."""
    return {} if document.root is None else cast("Tree", plain(document.root))
