"""
The schema for editors: right files fit, what the shape of a file forbids does not, and each word is explained.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from pydantic import BaseModel, TypeAdapter

from svcflow.language import check, json_schema, names_beside, schema
from svcflow.language.nodes import MappingNode, Node, SequenceNode, plain
from svcflow.language.reader import read
from svcflow.language.samples import SAMPLES, samples
from svcflow.language.shape import shape

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SEEDS = ROOT.parent / "shared" / "definitions"
CATALOG = sorted((ROOT / "src" / "svcflow" / "catalog").glob("*.yaml"))
RIGHT = [*CATALOG, *sorted((HERE / "good").glob("*.yaml")), *sorted(SEEDS.glob("*.yaml"))]
MODELS = [
    model for model in vars(schema).values()
    if isinstance(model, type) and issubclass(model, schema.Shape) and model is not schema.Shape
]  # fmt: skip
WORDS = [(model, field.alias or name) for model in MODELS for name, field in model.model_fields.items()]
SCHEMA = json_schema()
VALIDATOR = Draft7Validator(SCHEMA)

UNSEEN = {
    "SF103-every-nothing", "SF103-longer-than-a-century", "SF103-window-closes-first", "SF104-range",
    "SF104-times-of-two-kinds",
    "SF106-nobody-sees", "SF106-none-beside-others", "SF107-choice-for-engine", "SF107-reserved",
}  # fmt: skip
"""
Fixtures of the shape that no schema sees: they need arithmetic, or the reserved words of one place.
"""


def value(text: str) -> Any:  # noqa: ANN401 - data of a file
    """
    A file as an editor sees it: numbers and truths as YAML 1.2 has them.
    """
    return _cored(read(text, "file.yaml").root)


def _cored(node: Node | None) -> Any:  # noqa: ANN401 - data of a file
    match node:
        case MappingNode():
            return {key: _cored(entry.value) for key, entry in node.entries.items()}
        case SequenceNode():
            return [_cored(item) for item in node.items]
        case None:
            return None
    if node.plain and node.text in {"true", "false"}:
        return node.text == "true"
    if node.plain and re.fullmatch(r"[-+]?[0-9]+", node.text):
        return int(node.text)
    if node.plain and re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", node.text):
        return float(node.text)
    return node.text


def inside(found: object) -> Iterator[dict[str, object]]:
    """
    Every mapping of a schema.
    """
    if isinstance(found, dict):
        yield found
        for one in found.values():
            yield from inside(one)
    elif isinstance(found, list):
        for one in found:
            yield from inside(one)


def test_it_is_a_schema_of_draft_07() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
def test_a_right_file_fits(path: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(value(path.read_text(encoding="utf-8")))] == []


@pytest.mark.parametrize("path", sorted((HERE / "bad").glob("SF10[0-9]-*.yaml")), ids=lambda path: path.stem)
def test_a_file_of_a_wrong_shape_does_not_fit_as_far_as_a_schema_can_say_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if shape(read(text, path.name)).form is None:
        assert VALIDATOR.is_valid(value(text)) == (path.stem in UNSEEN)


@pytest.mark.parametrize(("model", "word"), WORDS, ids=lambda part: part if isinstance(part, str) else part.__name__)
def test_each_word_is_explained_and_its_examples_can_stand_there(model: type[BaseModel], word: str) -> None:
    definitions: Any = SCHEMA["definitions"]
    if model.__name__ in definitions:  # `Words` is only a part of others.
        told = definitions[model.__name__]["properties"][word]
        field = next(field for name, field in model.model_fields.items() if (field.alias or name) == word)
        assert told["description"] == field.description
        assert len(told["examples"]) == len(samples(model, word)) > 0
        for sample, example in zip(samples(model, word), told["examples"], strict=True):
            assert example == value(sample)
            root = read(sample, "sample").root
            assert root is not None
            TypeAdapter(field.rebuild_annotation()).validate_python(plain(root))
            assert Draft7Validator({**told, "definitions": definitions}).is_valid(example)


def test_every_example_belongs_to_a_word() -> None:
    words = {word for _, word in WORDS} | {f"{model.__name__}.{word}" for model, word in WORDS}
    assert set(SAMPLES) - words == set()


def test_nothing_in_it_is_noise_from_python() -> None:
    noise = [one for one in inside(SCHEMA) if one.get("type") == "null" or isinstance(one.get("title"), str)]
    assert noise == []
    assert [name for name, one in SCHEMA["definitions"].items() if not one["description"]] == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("events: {go: b}", "events: {go: {to: b}}"),
        ("events: {go: {to: [b, {to: b, max: 2}]}}", "events: {go: {to: [{to: b}]}}"),
        ("by: clerk", "by: [clerk]"),
        ("do: {notify: clerk}", "do: {notify: {clerk: hello}}"),
        ("do: {notify: [clerk, boss]}", "do: {start: {other: {a: b}}}"),
        ("do: {start: other}", "do: {start: [other]}"),
        ("title: Desk", "title: {en: Desk}"),
        ("title: 2026", "title: {en: 2026}"),
        ("limit: 4h", "limit: {per: rank, table: {gold: 1h, default: {a: 2h}}}"),
        ("window: 2d..5d", "window: {from: 2d, to: 5d}"),
        ("parallel: true", "events: {待受理: b}"),
    ],
)
def test_the_short_and_the_long_form_fit(short: str, long: str) -> None:
    for form in (short, long):
        assert VALIDATOR.is_valid(value(f"process: p\nversion: 1\nstates:\n  a: {{{form}}}\n  b: {{end: done}}\n")), (
            form
        )


@pytest.mark.parametrize(
    "wrong",
    ["by: {a: b}", "events: [a]", "limit: 30 min", "end: fin", "evnts: {}", "by: []", "do: {set: {a: {}}}",
     "events: {go: {max: 0}}", "parallel: maybe", "events: {2nd: b}", "window: 2h..5h", "after: {soon at: b}"],
)  # fmt: skip
def test_a_wrong_form_does_not_fit(wrong: str) -> None:
    assert not VALIDATOR.is_valid(value(f"process: p\nversion: 1\nstates:\n  a: {{{wrong}}}\n  b: {{end: done}}\n"))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_file_with_one_thing_changed_fits_just_when_its_shape_is_right(data: st.DataObject) -> None:
    """
    The oracle is pydantic, reading the same models: what a schema cannot say is no part of these changes.
    """
    path = data.draw(st.sampled_from(CATALOG))
    root = read(path.read_text(encoding="utf-8"), path.name).root
    assert root is not None
    whole = plain(root)
    places = [place for place in inside(whole) if place]
    place = data.draw(st.sampled_from(places))
    key = data.draw(st.sampled_from(sorted(place)))
    content = place.pop(key)
    match data.draw(st.sampled_from(["gone", "renamed", "text", "list", "mapping"])):
        case "renamed":
            place["xyzzy"] = content
        case "text":
            place[key] = "xyzzy"
        case "list":
            place[key] = ["xyzzy", "plugh"]
        case "mapping":
            place[key] = {"xyzzy": "plugh"}
    kinds = {"process", "shared"} & set(whole) if isinstance(whole, dict) else set()
    model = schema.SharedFile if "shared" in kinds else schema.ProcessFile
    assert VALIDATOR.is_valid(whole) == _fits(model, whole)


def _fits(model: type[BaseModel], whole: object) -> bool:
    try:
        model.model_validate(whole)
    except ValueError:
        return False
    return True


def test_the_names_of_a_project_are_offered_and_others_are_let_in(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text(
        "process: desk\nversion: 1\nroles: [clerk]\nfields: {owner: person, due: date}\n"
        "states:\n  新: {by: clerk, events: {go: old}}\n  old: {end: done}\n",
        encoding="utf-8",
    )
    (tmp_path / "other.yaml").write_text("process: other\nversion: 1\nroles: [boss]\nstates: {}\n", encoding="utf-8")
    known = names_beside(tmp_path / "desk.yaml")
    offering = json_schema(known)
    state: Any = offering["definitions"]["State"]["properties"]  # type: ignore[index]
    assert state["by"]["anyOf"][0]["enum"] == ["clerk", "boss", "owner", "system"]
    assert state["run"]["anyOf"][0]["enum"] == ["desk", "other"]
    assert "examples" not in state["by"]
    event: Any = offering["definitions"]["Event"]["properties"]  # type: ignore[index]
    assert event["to"]["anyOf"][0]["enum"] == ["新", "old", "here", "back"]
    do: Any = offering["definitions"]["Do"]["properties"]  # type: ignore[index]
    assert list(do["set"]["properties"]) == ["owner", "due"]
    text = "process: p\nversion: 1\nstates: {a: {by: stranger, events: {go: nowhere}}}\n"
    assert Draft7Validator(offering).is_valid(value(text))


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
def test_a_right_file_fits_its_own_names(path: Path) -> None:
    offering = Draft7Validator(json_schema(names_beside(path)))
    assert [error.message for error in offering.iter_errors(value(path.read_text(encoding="utf-8")))] == []


def test_files_with_errors_give_no_names_and_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text("process: desk\nversion: 1\nstates: [", encoding="utf-8")
    assert check([tmp_path / "desk.yaml"]).failed
    assert names_beside(tmp_path / "desk.yaml") == {"process": ("desk",)}


def test_every_model_of_the_language_is_in_it() -> None:
    names = {model.__name__ for model in MODELS if model is not schema.Words}
    assert {*SCHEMA["definitions"]} == {*names, "Rows"}  # type: ignore[misc]
