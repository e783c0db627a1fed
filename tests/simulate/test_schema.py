"""
The schema of scenarios for editors: right files fit, what no scenario can say does not, and each word is explained.
"""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft7Validator

from language.test_json_schema import value
from simulate.test_journals import ROLES, scenarios
from simulate.test_simulate import WEEK
from svcflow.simulate.schema import EXAMPLES, Arrivals, Doing, Habits, ScenarioFile, Staff, json_schema

ROOT = Path(__file__).parents[2]
SCHEMA: Any = json_schema()
VALIDATOR = Draft7Validator(SCHEMA)
FILES = sorted((ROOT / "examples").rglob("*.scenario.yaml"))
MODELS = (ScenarioFile, Habits, Doing, Staff, Arrivals)

SMALL = "scenario: small\nstart: 2026-03-02 08:30\nlength: 2d\narrivals: 3\n"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_scenarios_of_the_examples_fit(file: Path) -> None:
    VALIDATOR.validate(value(file.read_text(encoding="utf-8")))


@settings(max_examples=10)
@given(scenarios(ROLES, ("hold", "cancel")))
def test_drawn_scenarios_fit(text: str) -> None:
    VALIDATOR.validate(value(text))


@pytest.mark.parametrize(
    "more",
    [
        "", "seed: 0", "staff: {agent: 0, ann: {roles: agent, hours: {mon-fri: 08:00-12:00}, qualifications: none}}",
        "states: {new: {go: 45%, stay: {chance: 0.5, with: {a: {b: 1, c: 2}}}}}",
        "processes: {callback: {takes: 10min}}",
    ],
)  # fmt: skip
def test_what_can_be_said_fits(more: str) -> None:
    VALIDATOR.validate(value(SMALL + more))
    VALIDATOR.validate(value(WEEK))


@pytest.mark.parametrize(
    "wrong",
    [
        "satff: {agent: 3}", "staff: {agent: many}", "staff: {agent: {nubmer: 3}}", "states: {new: {go: often}}",
        "drain: [1w]", "processes: {callback: {seed: 3}}", "events: go",
    ],
)  # fmt: skip
def test_what_no_scenario_says_does_not_fit(wrong: str) -> None:
    assert not VALIDATOR.is_valid(value(SMALL + wrong))


@pytest.mark.parametrize("word", ["scenario", "start", "length", "arrivals"])
def test_what_must_be_there_is_asked_for(word: str) -> None:
    said = value(SMALL)
    del said[word]
    assert not VALIDATOR.is_valid(said)


def test_every_word_is_explained_with_an_example_that_fits() -> None:
    words = set()
    Draft7Validator.check_schema(SCHEMA)
    for model in MODELS:
        for word, found in SCHEMA["definitions"][model.__name__]["properties"].items():
            words.add(word)
            assert found["description"].endswith(".")
            for example in found["examples"]:
                where = {"$ref": f"#/definitions/{model.__name__}/properties/{word}"}
                Draft7Validator({**where, "definitions": SCHEMA["definitions"]}).validate(example)
    assert words == EXAMPLES.keys()
