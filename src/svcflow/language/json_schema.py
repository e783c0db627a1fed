"""
The language as JSON Schema (draft-07), written from the pydantic models: what editors for YAML know of it.

Beyond the models it says which short forms there are. YAML itself makes numbers and truths of texts; they are let in
where a text is meant. What takes more than a schema to see is left to `check`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, RootModel

from svcflow.language import schema
from svcflow.language.forms import ONCE
from svcflow.language.names import Known
from svcflow.language.nodes import MappingNode, Node, ScalarNode, SequenceNode
from svcflow.language.reader import read
from svcflow.language.samples import samples
from svcflow.language.spaces import Short, Space, Written

Json: TypeAlias = dict[str, object]
Examples: TypeAlias = Callable[[type[BaseModel], str], tuple[str, ...]]
"""How a word of a model looks in a file."""

DRAFT = "http://json-schema.org/draft-07/schema#"

_LOOSE = ("string", "number", "boolean")
_COUNT = "^[1-9][0-9]{0,8}$"
_COUNTED = "a whole number from 1"
_SCALARS: Mapping[object, Json] = MappingProxyType({
    bool: {"type": ["boolean", "string"], "pattern": "^(true|false)$", "patternErrorMessage": "`true` or `false`"},
    float: {"type": ["number", "string"]},
    int: {"type": ["integer", "string"], "minimum": 1, "pattern": _COUNT, "patternErrorMessage": _COUNTED},
})  # fmt: skip


def json_schema(known: Known | None = None) -> Json:
    """The schema of process files and shared files; names of `known` are offered, and all others are let in, too."""
    writer = _Writer(known or {}, samples)
    process, shared = writer.of(schema.ProcessFile), writer.of(schema.SharedFile)
    return {
        "$schema": DRAFT,
        "description": "A process of svcflow, or words that several processes share.",
        "properties": {"shared": {"description": schema.SharedFile.model_fields["shared"].description}},
        "if": {"required": ["shared"]},
        "then": shared,
        "else": process,
        "definitions": {name: writer.definitions[name] for name in sorted(writer.definitions)},
    }


def schema_of(model: type[BaseModel], about: str, examples: Examples) -> Json:
    """The schema of other files that are written in the manner of the language, such as scenarios."""
    writer = _Writer({}, examples)
    return {
        "$schema": DRAFT,
        "description": about,
        "allOf": [writer.of(model)],
        "definitions": {name: writer.definitions[name] for name in sorted(writer.definitions)},
    }


class _Writer:
    """Annotations in, schemas out; each model becomes one of the `definitions`."""

    def __init__(self, known: Known, examples: Examples) -> None:
        self.known = known
        self.examples = examples
        self.definitions: dict[str, Json] = {}

    def of(self, annotation: object, marks: tuple[object, ...] = ()) -> Json:
        origin, args = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return self.short(args[0], (*marks, *args[1:]))
        if origin in (Union, UnionType):
            return _any(self.of(arg) for arg in args if arg is not type(None))
        if origin is dict:
            return self.mapping(args[0], args[1])
        if origin is tuple:
            names = tuple(mark for mark in marks if isinstance(mark, Space))
            return _any([self.inner(args[0], names), _listed(self.of(args[0], names), marks)])
        if origin is Literal:
            return {"enum": [*args]}
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return self.model(annotation)
        if annotation is Any:
            return {}
        return self.text(marks) if annotation is str else _number(annotation, marks)

    def short(self, annotation: object, marks: tuple[object, ...]) -> Json:
        """With its short forms, where there are some."""
        short = next((mark for mark in marks if isinstance(mark, Short)), None)
        if short is None:
            return self.of(annotation, marks)
        if short.listed:
            name = self.of(get_args(annotation)[0])
            return _any([name, _listed(name, (ONCE,)), self.of(annotation)])
        return _any([self.bare(annotation, short), self.of(annotation)])

    def bare(self, annotation: object, short: Short) -> Json:
        """The text that is the short form."""
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            field = next(
                field for name, field in annotation.model_fields.items() if (field.alias or name) == short.word
            )
            return self.inner(field.rebuild_annotation())
        return self.of(get_args(annotation)[1])

    def inner(self, annotation: object, marks: tuple[object, ...] = ()) -> Json:
        """What one text at a place can be, apart from all lists and mappings there."""
        origin, args = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            short = next((mark for mark in args[1:] if isinstance(mark, Short)), None)
            if short is not None:
                return self.bare(args[0], short)
            return self.inner(args[0]) if get_origin(args[0]) is tuple else self.of(annotation)
        if origin in (Union, UnionType, tuple):
            return self.inner(args[0])
        return self.of(annotation, marks)

    def mapping(self, key: object, value: object) -> Json:
        values = self.of(value)
        written = next((mark for mark in get_args(key) if isinstance(mark, Written)), None)
        names = [name for mark in get_args(key) if isinstance(mark, Space) for name in self.names(mark)]
        found: Json = {"type": "object", "additionalProperties": values}
        if names:
            found["properties"] = dict.fromkeys(names, values)
        if int in get_args(key):
            found["propertyNames"] = {"pattern": _COUNT, "patternErrorMessage": _COUNTED}
        elif written is not None:
            found["propertyNames"] = {"pattern": written.pattern, "patternErrorMessage": written.told}
        return found

    def text(self, marks: tuple[object, ...]) -> Json:
        written = next((mark for mark in marks if isinstance(mark, Written)), Written())
        found: Json = {"type": [*_LOOSE] if written.loose else "string"}
        if written.pattern:
            found |= {"pattern": written.pattern, "patternErrorMessage": written.told}
        names = [name for mark in marks if isinstance(mark, Space) for name in self.names(mark)]
        return _any([{"type": "string", "enum": names}, found]) if names else found

    def names(self, space: Space) -> tuple[str, ...]:
        """What to offer where one of these names may stand; nothing where no name is known."""
        known = [name for kind in space.kinds for name in self.known.get(kind, ())]
        return tuple(dict.fromkeys((*known, *space.words))) if known else ()

    def model(self, model: type[BaseModel]) -> Json:
        """A reference to the definition of a model."""
        if model.__name__ not in self.definitions:
            self.definitions[model.__name__] = {}  # A state has states inside.
            self.definitions[model.__name__] |= self.definition(model)
        return {"$ref": f"#/definitions/{model.__name__}"}

    def definition(self, model: type[BaseModel]) -> Json:
        description = (model.__doc__ or "").strip()
        if issubclass(model, RootModel):
            more = model.model_config.get("json_schema_extra")
            found = self.of(model.model_fields["root"].annotation)
            return {"description": description, **found, **(more if isinstance(more, dict) else {})}
        properties: dict[str, Json] = {}
        for name, field in model.model_fields.items():
            word = field.alias or name
            found = {**self.of(field.rebuild_annotation()), "description": field.description or ""}
            if not _offering(found):
                found["examples"] = [_value(sample) for sample in self.examples(model, word)]
            properties[word] = found
        required = [field.alias or name for name, field in model.model_fields.items() if field.is_required()]
        closed: Json = {"type": "object", "properties": properties, "additionalProperties": False}
        return {"description": description, **closed, **({"required": required} if required else {})}


def _number(annotation: object, marks: tuple[object, ...]) -> Json:
    """A number or truth; a mark may say otherwise how it is written."""
    found = dict(_SCALARS[annotation])
    for mark in marks:
        if isinstance(mark, Written):
            found |= {"minimum": 0, "pattern": mark.pattern, "patternErrorMessage": mark.told}
    return found


def _listed(item: Json, marks: tuple[object, ...]) -> Json:
    once: Json = {"minItems": 1, "uniqueItems": True} if ONCE in marks else {}
    return {"type": "array", "items": item} | once


def _any(schemas: Iterable[Json]) -> Json:
    """One of several; a choice between choices is one choice, and what stands there twice stands there once."""
    flat = list(_flat(schemas))
    found = [one for place, one in enumerate(flat) if one not in flat[:place]]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _offering(found: Json) -> bool:
    """Whether names of a project are offered: then an example of another project would only mislead."""
    choices = found.get("anyOf")
    return isinstance(choices, list) and any("enum" in choice for choice in choices)


def _flat(schemas: Iterable[Json]) -> Iterator[Json]:
    for one in schemas:
        inner = one.get("anyOf")
        if isinstance(inner, list):
            yield from inner
        else:
            yield one


def _value(sample: str) -> object:
    """A sample as YAML makes a value of it."""
    return _loaded(read(sample, "sample").root)


def _loaded(node: Node | None) -> object:
    match node:
        case SequenceNode():
            return [_loaded(item) for item in node.items]
        case MappingNode():
            return {key: _loaded(entry.value) for key, entry in node.entries.items()}
        case ScalarNode(text=("true" | "false") as truth):
            return truth == "true"
        case ScalarNode() if node.text.isdecimal():
            return int(node.text)
        case ScalarNode():
            return node.text
    return None
