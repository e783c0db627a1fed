"""
English names with two swapped letters, `foudn` for `found`: told where a list of English words is installed.

Where a process speaks one language, events, messages and clocks are often named in one place only. A slip in one of
them contradicts nothing, and from then on stands in every journal and every application.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TypeAlias

from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding, Fix, Span
from svcflow.language.mentions import mentions
from svcflow.language.nodes import ScalarNode
from svcflow.language.rules.registry import Rule

Words: TypeAlias = Mapping[str, int]
"""Words in small letters, and how often each was counted in a large body of texts."""

_COMMON = 200
"""Words counted less often are names, slips or other languages; half of the list is below 60."""

_SHORTEST = 4
"""Shorter names are abbreviations: `app` is no slip of `pap`."""

_MOSTLY = 0.8
"""The part of a file's names that must be English, so that `viel` is no slip of `veil`."""


def installed_words() -> Words:
    """English words of the package `pyspellchecker` (`svcflow[spelling]`); none where it is not installed."""
    try:
        from spellchecker import SpellChecker  # noqa: PLC0415 - an extra, and a quarter of a second to read
    except ImportError:
        return {}
    return SpellChecker(language="en", distance=1).word_frequency.dictionary


def swapped_letters(words: Callable[[], Words] = installed_words) -> Rule:
    """The rule, part of SF216; the words are read when the first file is looked at."""
    read = cache(words)
    return Rule("SF216", "warning", "words", lambda compiled: _slips(compiled, read()))


def _slips(compiled: Compiled, words: Words) -> Iterator[Finding]:
    names = dict.fromkeys(_names(compiled))
    parts = [part for name, _ in names for part in name.split("_") if part]
    if sum(part in words for part in parts) < _MOSTLY * len(parts):
        return
    for name, span in names:
        better = next(_better(name, words), None)
        if better is not None:
            yield Finding.at(span, "SF216", "warning", f"`{name}` is `{better}` with two letters swapped",
                             hint=f"did you mean `{better}`?",
                             fix=Fix(f"write `{better}`", span, better, sure=False))  # fmt: skip


def _names(compiled: Compiled) -> Iterator[tuple[str, Span]]:
    """What the process's own file names, and where: the process, states, events, fields, clocks, roles, messages."""
    process = compiled.process
    yield process.name, compiled.span(("process",))
    for mention in mentions(compiled.document.root):
        node: ScalarNode = mention.node
        if mention.declares and node.text.isascii() and node.text.isidentifier():
            yield node.text, node.span


def _better(name: str, words: Words) -> Iterator[str]:
    """The names that two letters swapped make of a name that is no English, as long as all they change is English."""
    parts = set(name.split("_"))
    if all(part in words or len(part) < _SHORTEST for part in parts):
        return
    for at in range(len(name) - 1):
        swapped = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
        made = set(swapped.split("_")) - parts
        if made and all(words.get(part, 0) >= _COMMON for part in made):
            yield swapped
