"""From nodes to the models of the schema; what does not fit is told at its node, in the words of the language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType, UnionType
from typing import Annotated, TypeVar, Union, get_args, get_origin

from attrs import evolve, frozen
from pydantic import BaseModel, RootModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from svcflow.core.rule import Place
from svcflow.core.spelling import nearest
from svcflow.language import schema, yaml_errors
from svcflow.language.findings import Finding, Fix, Span
from svcflow.language.foreign import help_for
from svcflow.language.nodes import Document, MappingNode, Node, ScalarNode, SequenceNode, plain
from svcflow.language.reader import MOST_FINDINGS

M = TypeVar("M", bound=BaseModel)

_EXPECTED = {
    "string_type": "a text",
    "tuple_type": "a name or a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_KINDS = {ScalarNode: "a text", SequenceNode: "a list", MappingNode: "a mapping"}


@frozen
class Shaped:
    """A file in its schema, or None and why not."""

    form: schema.ProcessFile | schema.SharedFile | None
    findings: tuple[Finding, ...] = ()


def shape(document: Document) -> Shaped:
    """Fit a file without YAML errors into the schema of a process or a shared file."""
    root = document.root
    if not isinstance(root, MappingNode):
        what = "this file is empty" if root is None else "this file is no mapping of words"
        return Shaped(None, (_neither(document, what),))
    kinds = [word for word in ("process", "shared") if word in root.entries]
    if len(kinds) != 1:
        what = (
            "this file says neither `process:` nor `shared:`"
            if not kinds
            else "this file says both `process:` and `shared:`"
        )
        return Shaped(None, (_neither(document, what),))
    if kinds == ["process"]:
        return Shaped(*fit(document, schema.ProcessFile))
    return Shaped(*fit(document, schema.SharedFile))


def fit(document: Document, model: type[M]) -> tuple[M | None, tuple[Finding, ...]]:
    """A file without YAML errors as a model of its words, or None and why not."""
    root = document.root
    if not isinstance(root, MappingNode):
        return None, (_other_kind(document, (), "a mapping"),)
    try:
        return model.model_validate(plain(root)), ()
    except ValidationError as error:
        found: dict[tuple[str, int, int], Finding] = {}
        for details in error.errors(include_url=False, include_input=False)[:MOST_FINDINGS]:
            finding = _finding(document, model, details)
            found.setdefault((finding.code, finding.line, finding.column), finding)
        # A word that is missing because it is misspelt is told once.
        meant = {
            f"`{finding.fix.text}` is missing" for finding in found.values() if finding.code == "SF101" and finding.fix
        }
        told = [one for one in found.values() if one.code != "SF102" or one.message not in meant]
        return None, tuple(told)


def _neither(document: Document, what: str) -> Finding:
    root = document.root
    keys = root.entries if isinstance(root, MappingNode) else {}
    meant = {key: nearest(key, ["process", "shared"]) for key in keys if key not in {"process", "shared"}}
    wrong = next((key for key, word in meant.items() if word is not None), None)
    if wrong is not None:
        span, word = keys[wrong].key.span, meant[wrong] or ""
        fix = Fix(f"write `{word}`", span, word)
        return Finding.at(span, "SF100", "error", what, hint=f"did you mean `{word}` for `{wrong}`?", fix=fix)
    hint = "begin it with `process: NAME`; a file of shared words begins with `shared: NAME`"
    span = next((entry.key.span for entry in keys.values()), Span(document.file, 1, 1, 1, 1))
    return Finding.at(span, "SF100", "error", what, hint=hint)


def _finding(document: Document, model: type[BaseModel], error: ErrorDetails) -> Finding:
    """One error of pydantic as a finding at its node."""
    loc, kind = error["loc"], error["type"]
    at_key = loc[-1:] == ("[key]",)
    place: Place = tuple(step for step in loc if not (isinstance(step, str) and re.fullmatch(r"<.*>|\[key\]", step)))
    told = error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_word(document, place, _owner(model, loc))
    if kind == "missing":
        return _missing(document, place, _owner(model, loc))
    if kind == "svcflow":
        if told["item"] is not None:
            place = (*place, told["item"])
        span, better = document.span(place, key=at_key), told["better"]
        fix = Fix(f"write `{better}`", span, better) if better else None
        return Finding.at(span, told["code"], "error", told["message"], hint=told["hint"], fix=fix)
    if kind == "literal_error":
        return _not_one_of(document, place, re.findall(r"'([^']*)'", str(told["expected"])))
    finding = _other_kind(document, place, _EXPECTED.get(kind, "something else"))
    if isinstance(document.find(place)[1], SequenceNode) and _owner(model, (*loc, "to")) is schema.Event:
        return evolve(finding, help="write the list under `to`, as in `{to: [...]}`")
    return finding


def _unknown_word(document: Document, place: Place, owner: type[BaseModel] | None) -> Finding:
    word = str(place[-1])
    what = describe(owner) if owner is not None else "this"
    hint, meant = help_for(word, words_of(owner) if owner is not None else (), _elsewhere())
    _, node = document.find(place)
    if not meant and isinstance(node, MappingNode) and node.entries and word not in _elsewhere():
        hint = _displaced(owner, node) or hint
    span = document.span(place, key=True)
    fix = Fix.word(span, meant, word, words_of(owner) if owner is not None else ()) if meant else None
    return Finding.at(span, "SF101", "error", f"{what} has no `{word}`", hint=hint, fix=fix)


def _displaced(owner: type[BaseModel] | None, node: MappingNode) -> str:
    """What to do with a state or an event that is indented too little or too much."""
    for model, under in ((schema.Event, "events"), (schema.State, "states")):
        if set(node.entries) <= set(words_of(model)) and owner in {schema.State, schema.ProcessFile, schema.Event}:
            return f"{describe(model)} stands under `{under}`: look at the indentation"
    return ""


def _missing(document: Document, place: Place, owner: type[BaseModel] | None) -> Finding:
    word = str(place[-1])
    entry, node = document.find(place[:-1])
    if entry is not None:
        span = entry.key.span
    elif isinstance(node, MappingNode) and node.entries:
        span = next(iter(node.entries.values())).key.span
    else:
        span = document.span(place[:-1])
    what = describe(owner) if owner is not None else "this"
    return Finding.at(span, "SF102", "error", f"`{word}` is missing", hint=f"{what} needs `{word}:`")


def _not_one_of(document: Document, place: Place, words: list[str]) -> Finding:
    _, node = document.find(place)
    text = node.text if isinstance(node, ScalarNode) else ""
    span = document.span(place)
    meant = nearest(text, words) or (words[0] if len(words) == 1 else None)
    fix = Fix(f"write `{meant}`", span, meant, sure=nearest(text, words) == meant) if meant else None
    hint = f"did you mean `{meant}`?" if meant else f"write {' or '.join(f'`{word}`' for word in words)}"
    shown = f"`{text}`" if text else "this"
    return Finding.at(span, "SF108", "error", f"{shown} is not one of {' | '.join(words)}", hint=hint, fix=fix)


def _other_kind(document: Document, place: Place, expected: str) -> Finding:
    entry, node = document.find(place)
    span = document.span(place)
    if isinstance(node, ScalarNode) and node.plain and "：" in node.text and expected != "a text":
        return yaml_errors.full_width_colon(span, node.text)
    found = _kind(node)
    name = f"`{entry.key.text}`" if entry is not None else "this"
    hint = _HINTS.get((expected, found), f"write {expected}")
    return Finding.at(span, "SF106", "error", f"{name} needs {expected}, and this is {found}", hint=hint)


_HINTS: Mapping[tuple[str, str], str] = MappingProxyType({
    ("a mapping", "a text"): "indent its words below it, or write them in braces: `{word: value}`",
    ("a mapping", "a list"): "write `word: value` lines without `-`",
    ("a name or a list", "a mapping"): "write a name, or several in brackets: `[a, b]`",
    ("a text", "a list"): "write one value, without brackets and `-`",
    ("a text", "a mapping"): "write one value on the same line; look at the indentation below it",
})  # fmt: skip


def _kind(node: Node | None) -> str:
    return "nothing" if node is None else _KINDS[type(node)]


def describe(model: type[BaseModel]) -> str:
    """What a model is, from its docstring: `an event`."""
    what = (model.__doc__ or "This: ").partition(":")[0].strip()
    return what[0].lower() + what[1:]


def words_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The words that may stand in a mapping of this model."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _elsewhere() -> Mapping[str, str]:
    """Every word of the language with what it belongs to; the more usual place wins."""
    found: dict[str, str] = {}
    for model in (schema.Do, schema.Alternative, schema.Table, schema.CalendarForm, schema.Clock, schema.Event,
                  schema.State, schema.SharedFile, schema.ProcessFile):  # fmt: skip
        for word in words_of(model):
            found.setdefault(word, describe(model))
    return MappingProxyType(found)


def _owner(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model whose word the last step of `loc` is."""
    annotation: object = model
    for step in loc[:-1]:
        annotation = next(_inside(annotation, step), None)
    return next(_models(annotation), None)


def _inside(annotation: object, step: int | str) -> Iterator[object]:
    """What the schema has at one step; a step such as `<table>` chooses between forms."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        tags = [f"{mark.tag}" for mark in args[1:] if isinstance(mark, Tag)]
        if tags and step in tags:
            yield args[0]
        elif not (tags and isinstance(step, str) and step.startswith("<")):
            yield from _inside(args[0], step)
    elif origin in (Union, UnionType):
        for arg in args:
            yield from _inside(arg, step)
    elif origin in (dict, tuple):
        yield args[1] if origin is dict else args[0]
    elif isinstance(annotation, type) and issubclass(annotation, RootModel):
        yield from _inside(annotation.model_fields["root"].annotation, step)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if (field.alias or name) == step:
                yield field.annotation


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    origin, args = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif origin is Annotated:
        yield from _models(args[0])
    elif origin in (Union, UnionType):
        for arg in args:
            yield from _models(arg)
