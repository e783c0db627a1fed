"""
Where the cursor is: the text is read with a mark in the place of the word that is being typed.

A text under the cursor is seldom YAML. So some likely endings of it are tried: as a key and as a value, with brackets
closed, without what follows, and at last with nothing but the lines that it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from svcflow.language.nodes import Document
from svcflow.language.reader import read
from svcflow.language.spots import Spot, spots

MARK = "\ue000"
"""A character for private use, which no file has."""

_WORD = re.compile(r"[\w.%]*")
_BEFORE = re.compile(r"[\w.%]*$")
_TOKEN = re.compile(
    r"""(?:(?<=[\[{,:\s-])|^)(?:'(?:[^']|'')*'|"(?:[^"\\]|\\.)*")|(?:^|(?<=\s))\#[^\n]*|[\[\]{}]""", re.MULTILINE
)
_BRACKETS = {"{": "}", "[": "]"}


@frozen(eq=False)
class Cursor:
    """
    The word under the cursor and what it may be.

    `start` and `end` are the offsets of the word, `keyed` says that a colon follows already. `found` are the spots the
    mark may have, each with the file as it was read for it.
    """

    start: int
    end: int
    keyed: bool
    found: tuple[tuple[Spot, Document], ...]


def cursor(text: str, offset: int, file: str) -> Cursor:
    """The word at an offset of a text."""
    start = offset - len(_BEFORE.findall(text[:offset])[0])
    found_word = _WORD.match(text, offset)
    end = offset if found_word is None else found_word.end()
    keyed = text[end : end + 1] == ":"
    before, after = text[:start], text[end:]
    fills = [MARK] if keyed else [f"{MARK}: x", MARK]
    for around in _endings(before, after):
        found = [one for fill in fills for one in _marked(around[0] + fill + around[1], file)]
        if found:
            return Cursor(start, end, keyed, tuple(found))
    return Cursor(start, end, keyed, ())


def _endings(before: str, after: str) -> Iterator[tuple[str, str]]:
    """What may stand before and behind the mark, the likeliest first."""
    rest = after.partition("\n")[2]
    closing = _closing(before)
    yield before, after
    yield before, f"{closing}\n{rest}"
    yield before, closing
    bare = _lines_around(before)
    yield bare, _closing(bare)


def _closing(before: str) -> str:
    """The brackets that are open at the end of a text."""
    opened: list[str] = []
    for token in _TOKEN.findall(before):
        if token in _BRACKETS:
            opened.append(_BRACKETS[token])
        elif opened and token == opened[-1]:
            opened.pop()
    return "".join(reversed(opened))


def _lines_around(before: str) -> str:
    """The last line with those above it that it stands in, by their indentation."""
    *above, last = before.split("\n")
    kept, indent = [last], _indent(last)
    for line in reversed(above):
        if line.strip() and not line.lstrip().startswith("#") and _indent(line) < indent:
            kept.append(line)
            indent = _indent(line)
    return "\n".join(reversed(kept))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _marked(text: str, file: str) -> Iterator[tuple[Spot, Document]]:
    document = read(text, file)
    yield from ((spot, document) for spot in spots(document) if MARK in spot.node.text and (spot.forms or spot.models))
