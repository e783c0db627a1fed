"""
The schema of measures for editors: right files fit, what no measures say does not, and each word is explained.
"""

import json
import re
from pathlib import Path
from typing import Any

import attrs
import pytest
from jsonschema import Draft7Validator

from language.test_json_schema import value
from svcflow.errors import InputError
from svcflow.report import Measures, read_measures
from svcflow.report.measure_schema import json_schema

SCHEMA: Any = json_schema()
VALIDATOR = Draft7Validator(SCHEMA)
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "report.md"
PARTS = re.findall(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
SHOWN = [text for text in PARTS if "limits: " in text]


def test_every_word_is_explained_with_an_example_that_fits_and_is_read() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert list(SCHEMA["properties"]) == [one.name for one in attrs.fields(Measures)]
    for word, found in SCHEMA["properties"].items():
        assert found["description"].endswith(".")
        limit = {"limits": {"complaint_rate": 1}} if word == "watch" else {}
        for said in ({word: example, **limit} for example in found["examples"]):
            VALIDATOR.validate(said)
            read_measures(json.dumps(said).encode(), "measures.yaml")


@pytest.mark.parametrize("text", SHOWN)
def test_measures_that_the_documentation_shows_fit(text: str) -> None:
    VALIDATOR.validate(value(text))
    read_measures(text.encode(), "measures.yaml")


@pytest.mark.parametrize(
    "wrong",
    [
        "rewrok: again", "rework: {again: 1}", "rework: ' '", "satisfied_from: 4.5", "satisfied_from: high",
        "again_within: 90", "again_within: 3 weeks", "callbacks: survey", "callbacks: {survey: [asking]}",
        "dimensions: {month: model}", "limits: {complaint_rat: 0.05}", "limits: {complaint_rate: low}",
        "watch: {complaint_rate: {by: product}}", "watch: {complaint_rate: {open: x, leest: 3}}", "[rework]",
    ],
)  # fmt: skip
def test_what_cannot_be_read_does_not_fit(wrong: str) -> None:
    assert not VALIDATOR.is_valid(value(wrong))
    with pytest.raises(InputError):
        read_measures(wrong.encode(), "measures.yaml")
