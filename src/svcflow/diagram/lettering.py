"""How much room a text takes in a drawing, and where it may be broken, without asking any font."""

from __future__ import annotations

import re
import unicodedata

SIZE = 13.0
"""The height of letters in pixels."""

LEADING = 18.0
"""From one line of text to the next, in pixels."""

_WIDE, _NARROW, _BROAD, _CAPITAL, _OTHER = 1.0, 0.34, 0.92, 0.74, 0.6
# A text is broken behind a blank, a Chinese one behind its punctuation too. Where a piece is longer than a line it is
# broken between any two letters, but never before punctuation.
_PIECE = re.compile(r"[^\s，。、；：！？）》」』】]*[，。、；：！？）》」』】]+[)\]]*\s*|\S+\s*")
_LETTER = re.compile(r".[，。、；：！？）》」』】.,;:!?)\]]{0,2}\s*")


def width(text: str, size: float = SIZE) -> float:
    """The width of a text on one line in pixels, a little more than common fonts take."""
    return size * sum(map(_em, text))


def _em(letter: str) -> float:
    """The width of one letter, as a share of its height."""
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in {"W", "F"}:
        return _WIDE
    if letter in " .,:;'|!()[]/iljtfrI":
        return _NARROW
    if letter in "mwMW@%":
        return _BROAD
    return _CAPITAL if letter.isupper() else _OTHER


def wrapped(text: str, room: float, size: float = SIZE) -> tuple[str, ...]:
    """A text in lines of at most `room` pixels; a word that is longer than a line is broken too."""
    lines = [""]
    for word in _PIECE.findall(" ".join(text.split())):
        whole = width(word.rstrip(), size) <= room
        for piece in [word] if whole else _LETTER.findall(word):
            if lines[-1] and width((lines[-1] + piece).rstrip(), size) > room:
                lines.append("")
            lines[-1] += piece
    return tuple(line.rstrip() for line in lines if line)


def balanced(text: str, room: float, size: float = SIZE) -> tuple[str, ...]:
    """The same in as few lines, but of about one length: no single word is left for the last one."""
    lines = wrapped(text, room, size)
    narrower = (wrapped(text, room * share / 10, size) for share in range(5, 10))
    return next((one for one in narrower if len(one) == len(lines)), lines)
