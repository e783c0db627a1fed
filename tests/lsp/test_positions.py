"""
Places as editors count them, against Python's own encoders.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcflow.language.findings import Span
from svcflow.lsp.positions import Position, Positions

TEXTS = st.text(st.sampled_from("ab 前é🛎𠮷\r\n\x85\u2028"), max_size=30)
SIZES = {"utf-8": 1, "utf-16": 2, "utf-32": 4}


@given(TEXTS, st.data())
@pytest.mark.parametrize("encoding", SIZES)
def test_a_place_is_counted_as_its_encoding_does_and_found_again(encoding: str, text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    if text[offset - 1 : offset + 1] == "\r\n":
        offset -= 1  # No place lies inside the end of a line.
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    line = before.rpartition("\n")[2]
    codec = encoding if encoding == "utf-8" else f"{encoding}-le"
    places = Positions(text, encoding)
    place = places.position(offset)
    assert place == (before.count("\n"), len(line.encode(codec)) // SIZES[encoding])
    assert places.offset(place) == offset


def test_a_place_behind_its_line_is_the_end_of_it() -> None:
    places = Positions("ab\r\ncd")
    assert places.offset(Position(0, 9)) == 2
    assert places.offset(Position(7, 0)) == 6


def test_a_span_behind_the_text_is_its_end() -> None:
    assert Positions("ab\n").range(Span("f", 7, 1, 7, 2)) == ((1, 0), (1, 0))
    assert Positions("ab").range(Span("f", 1, 2, 1, 9)) == ((0, 1), (0, 2))


def test_a_span_is_a_range_although_yaml_ends_lines_elsewhere() -> None:
    places = Positions("a: 前\u2028b: 🛎x\n")
    assert places.range(Span("f", 2, 4, 2, 6)) == ((0, 8), (0, 11))
    assert places.spot(Position(0, 8)) == (2, 4)
