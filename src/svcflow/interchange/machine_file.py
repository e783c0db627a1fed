"""A machine's arguments from a JSON or YAML file: strictly read and bounded, as every file from elsewhere is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from svcflow.errors import InputError
from svcflow.language.findings import Finding
from svcflow.language.nodes import MappingNode, Node, ScalarNode, SequenceNode
from svcflow.language.reader import decode, read

SUFFIXES = (".json", ".yaml", ".yml")

_NUMBERS = ("timeout",)
_WORDS: Mapping[str, bool | None] = {"null": None, "~": None, "true": True, "false": False}


def read_arguments(raw: bytes, file: str) -> Mapping[str, Any]:
    """
    Read the arguments of a machine's constructor, as `Machine(**arguments)` takes them.

    `raw` may be cut off one byte behind `LARGEST`: more are not read. In YAML every name is a text, also `on` and `1`.

    Raises:
        InputError: If it is not such a file, with the place.
    """
    text = decode(raw, file)
    if isinstance(text, Finding):
        raise InputError(str(text))
    found = _json(text, file) if PurePath(file).suffix == ".json" else _yaml(text, file)
    if not isinstance(found, dict):
        raise InputError(f"{file}: expected a mapping with `states` and `transitions`")
    return found


def _json(text: str, file: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as problem:
        raise InputError(f"{file}:{problem.lineno}:{problem.colno}: not valid JSON: {problem.msg}") from problem
    except (RecursionError, ValueError) as problem:
        why = "nested too deep" if isinstance(problem, RecursionError) else str(problem)
        raise InputError(f"{file}: not valid JSON: {why}") from problem


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands twice in one object")
    return found


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is not a number")


def _yaml(text: str, file: str) -> object:
    document = read(text, file)
    errors = [finding for finding in document.findings if finding.severity == "error"]
    if errors:
        raise InputError(str(errors[0]))
    return None if document.root is None else _plain(document.root, "")


def _plain(node: Node, word: str) -> object:
    match node:
        case MappingNode():
            return {name: _plain(entry.value, name) for name, entry in node.entries.items()}
        case SequenceNode():
            return [_plain(item, word) for item in node.items]
        case ScalarNode():
            if node.plain and node.text in _WORDS:
                return _WORDS[node.text]
            if node.plain and word in _NUMBERS:
                return _number(node)
            return node.text


def _number(node: ScalarNode) -> object:
    try:
        return float(node.text)
    except ValueError:
        return node.text
