"""What a host's function says when it fails is kept without the private values of its case, however it wrote them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcflow.core.event import FileRef
from svcflow.masking import LONGEST_ERROR, masked

WRITERS: tuple[Callable[[str], str], ...] = (str, repr, ascii, json.dumps, quote, lambda text: urlencode({"to": text}))


@given(inner=st.text(max_size=12), writer=st.sampled_from(WRITERS))
def test_a_text_is_taken_out_in_every_usual_way_of_writing_it(inner: str, writer: Callable[[str], str]) -> None:
    secret = f"Zed{inner}Zed"
    try:
        written = writer(secret)
    except UnicodeEncodeError:
        return  # Half of a surrogate pair has no address on the web, and no field takes it.
    assert "Zed" not in masked(f"no way to {written}: line dead", [secret])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(1947, 8, 23), "born 1947-08-23, datetime.date(1947, 8, 23)"),
        (datetime(1951, 11, 7, 3, 17, tzinfo=UTC), "1951-11-07T03:17:00+00:00 and 1951-11-07 03:17:00Z"),
        (Decimal("7316.413"), "7316.413 or Decimal('7316.413')"),
        (("cassowary", "axolotl"), "axolotl; cassowary; ('cassowary', 'axolotl')"),
        ((FileRef("f-17", "passport.pdf", 90210, "ab" * 32),), f"passport.pdf f-17 90210 {'ab' * 32}"),
        (True, "it is True"),
    ],
)
def test_every_type_of_field_is_taken_out(value: object, text: str) -> None:
    left = masked(text, [value])
    assert not any(part in left for part in ("1947", "1951", "7316", "axo", "cass", "pass", "90210", "abab", "True"))


def test_a_value_that_is_part_of_another_does_not_save_the_rest_of_it() -> None:
    assert masked("rang Anna Smith", ["Anna", "Anna Smith"]) == "rang ***"


def test_a_rating_stays_since_it_says_nothing_and_an_error_would_not_be_readable() -> None:
    assert masked("503 after 3 tries", [3]) == "503 after 3 tries"


def test_an_error_without_end_is_cut() -> None:
    assert len(masked("x" * 10_000, [])) == LONGEST_ERROR
