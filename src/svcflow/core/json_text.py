"""
JSON texts by Python's own encoder, set up once: `JSONEncoder.encode` sets it up anew for each text.

That takes longer than to write most of the texts that an event is made of. What is written stays the same to the byte.
"""

from __future__ import annotations

from collections.abc import Callable
from json import JSONEncoder, encoder
from typing import Any, TypeAlias

Write: TypeAlias = Callable[[object], str]


def writer(*, sort_keys: bool = False, default: Callable[[Any], object] | None = None) -> Write:
    """
    A function that writes data as JSON: no blanks, letters of every script as they are, no infinite numbers.

    `default` makes data of what JSON does not know. It raises what `json.dumps` raises, without looking for circles.
    """
    plain = JSONEncoder(
        ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=sort_keys, separators=(",", ":"),
        default=default,
    )  # fmt: skip
    make = getattr(encoder, "c_make_encoder", None)
    if make is None:  # A Python without the encoder in C.
        return plain.encode
    # No record of circles; after the separators come sorting, leaving out keys that are no texts, and NaN.
    switches = (sort_keys, False, False)
    encode = make(None, plain.default, encoder.encode_basestring, None, ":", ",", *switches)
    return lambda data: "".join(encode(data, 0))
