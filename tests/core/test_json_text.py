"""Data are written as `json.dumps` writes them, to the last byte, with the encoder in C and without it."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcflow.core.json_text import writer

TEXTS = st.text() | st.sampled_from(
    ["", '"', "\\", "/", "\b\f\n\r\t", "\x00\x1f\x7f", "保修", "\u2028", "😀", "\ud800"]
)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)


@pytest.fixture(params=["in C", "in Python"])
def encoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable[[object], str]]:
    def make(*, sort_keys: bool = False) -> Callable[[object], str]:
        with monkeypatch.context() as patch:
            if request.param == "in Python":
                patch.setattr("json.encoder.c_make_encoder", None)
            return writer(sort_keys=sort_keys, default=dict)

    return make


@pytest.mark.parametrize("sort_keys", [True, False])
@given(data=DATA)
def test_a_text_is_what_json_writes(*, sort_keys: bool, data: object) -> None:
    written = json.dumps(data, ensure_ascii=False, sort_keys=sort_keys, separators=(",", ":"))
    assert writer(sort_keys=sort_keys)(data) == written


def test_with_and_without_c_it_is_the_same(encoder: Callable[..., Callable[[object], str]]) -> None:
    data = {"b": ["é", 1, None, True, 1.5], "a": MappingProxyType({"z": {}})}
    assert encoder()(data) == '{"b":["é",1,null,true,1.5],"a":{"z":{}}}'
    assert encoder(sort_keys=True)(data) == '{"a":{"z":{}},"b":["é",1,null,true,1.5]}'
    assert encoder()("text") == '"text"'


def test_what_is_no_data_is_an_error_and_harms_no_later_text(encoder: Callable[..., Callable[[object], str]]) -> None:
    write = encoder()
    for wrong in (float("nan"), float("inf"), object()):
        with pytest.raises((ValueError, TypeError)):
            write([1, wrong])
    assert write([1]) == "[1]"
