"""
Names that mean nothing, told once each and at the place where the slip is most likely.

A name that one place speaks of is slipped there, and the finding shows the declaration that was probably meant. A name
that several places speak of, while a declared one of nearly the same letters is spoken of nowhere, is slipped at the
declaration.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType

from attrs import frozen

from svcflow.core.rule import Place
from svcflow.language.findings import Finding, Fix, Secondary, Span
from svcflow.language.foreign import several
from svcflow.language.scope import Reference, Scope
from svcflow.language.spaces import Kind, Space

_SHOWN = 10
"""Places of one unknown name that get a finding of their own."""

_FEW = 10
"""Names that a help still lists."""

_DEFINED_UNDER: Mapping[Kind, str] = MappingProxyType({
    "role": "roles", "field": "fields", "calendar": "calendars", "escalation": "escalations", "table": "targets",
    "hook": "hooks", "clock": "sla", "qualification": "qualifications",
})  # fmt: skip


@frozen
class _Slip:
    """A declared name that nobody speaks of, and that looks like an unknown one."""

    kind: Kind
    name: str
    span: Span
    shared: bool


def unknown_names(scope: Scope) -> Iterator[Finding]:
    """SF201 to SF208, SF215, SF218, SF402, SF803: every name without a meaning."""
    groups: dict[tuple[Space, str], list[Reference]] = {}
    for reference in scope.unknown:
        groups.setdefault((reference.space, reference.name), []).append(reference)
    for (space, name), references in groups.items():
        slip = _slipped_declaration(scope, space, name)
        here = [reference.span for reference in references]
        if slip is not None and not slip.shared and len(here) > 1:
            yield _at_declaration(slip, space, name, here, "error")
        else:
            yield from _at_references(scope, references, slip)


def _slipped_declaration(
    scope: Scope, space: Space, name: str, used: AbstractSet[tuple[Kind, str]] | None = None
) -> _Slip | None:
    used = scope.used if used is None else used
    unused: dict[str, Kind] = {}
    for kind in space.kinds:
        for declared in scope.declared.get(kind, {}):
            if not any((other, declared) in used for other in ("field", "moment", "person", "duration", kind)):
                unused.setdefault(declared, kind)
    # States are declared by their path and spoken of by name.
    by_word = {declared.rpartition(".")[2] if "." not in name else declared: declared for declared in unused}
    known = scope.names(*space.kinds)
    near = scope.nearest(name, [*(word for word in known if word not in unused), *by_word])
    if near is None or near not in by_word:
        return None
    declared = by_word[near]
    place = known[declared]
    span = declaration(scope, unused[declared], place)
    return _Slip(unused[declared], near, span, shared=place[:1] == ("shared",))


def slipped_in_shared(shared: Scope, users: Iterable[Scope]) -> Iterator[Finding]:
    """Names of a shared file that none of its users speaks of, while some speak of nearly the same."""
    users = tuple(users)
    used = shared.used.union(*(user.used for user in users))
    groups: dict[tuple[Space, str], list[Span]] = {}
    for user in users:
        for reference in user.unknown:
            groups.setdefault((reference.space, reference.name), []).append(reference.span)
    for (space, name), here in groups.items():
        slip = _slipped_declaration(shared, space, name, used)
        if slip is not None and not slip.shared:
            yield _at_declaration(slip, space, name, here, "error" if len(here) > 1 else "warning")


def declaration(scope: Scope, kind: Kind, place: Place) -> Span:
    """Where a name is declared: the item of a list, else the key."""
    return scope.sources.span(place, key=kind not in {"role", "qualification", "hook", "language"})


def _at_declaration(slip: _Slip, space: Space, name: str, here: list[Span], severity: str) -> Finding:
    if severity == "warning":
        where = f"line {here[0].line}" if here[0].file == slip.span.file else f"`{here[0].file}`"
        message = f"{slip.kind} `{slip.name}` is named nowhere, while {where} says `{name}`"
    else:
        message = f"{slip.kind} `{slip.name}` is named nowhere, while {len(here)} places say `{name}`"
    notes = tuple(Secondary.at(span, f"says `{name}`") for span in here[:3])
    fix = Fix(f"write `{name}`", slip.span, name) if severity == "error" else None
    hint = f"did you mean `{name}`?" if severity == "error" else "one of the two is misspelt"
    return Finding.at(slip.span, space.code, "error" if severity == "error" else "warning", message,
                      hint=hint, notes=notes, fix=fix)  # fmt: skip


def _at_references(scope: Scope, references: list[Reference], slip: _Slip | None) -> Iterator[Finding]:
    space, name = references[0].space, references[0].name
    hint, better = _help(scope, references[0])
    sure = better != "" and (better.startswith("[") or _sure(scope, references[0], better))
    notes = () if slip is None else (Secondary.at(slip.span, f"`{slip.name}` is defined here"),)
    for number, reference in enumerate(references[:_SHOWN], start=1):
        message = _message(scope, space, name)
        if number == _SHOWN and len(references) > _SHOWN:
            message += f", here and at {len(references) - _SHOWN} more places"
        fix = Fix(f"write `{better}`", reference.span, better, sure) if better else None
        yield Finding.at(reference.span, space.code, "error", message, hint=hint, notes=notes, fix=fix)


def _sure(scope: Scope, reference: Reference, better: str) -> bool:
    """Whether no other name is as near, and the name that nothing has is not spelt so in `labels` too."""
    known = {*scope.names(*reference.space.kinds), *reference.space.words}
    name, word = reference.name.rpartition(".")[2], better.rpartition(".")[2]
    words = {other.rpartition(".")[2] for other in known} - {word}
    return name not in scope.labelled and (name == word or scope.is_nearest(name, word, words))


def _message(scope: Scope, space: Space, name: str) -> str:
    if space.code == "SF803":
        known = ", ".join(scope.names("language"))
        return (
            f"`{name}` is not one of the languages {known}" if known else f"no `languages:` names the language `{name}`"
        )
    return f"no {space.what} is called `{name}`"


def _help(scope: Scope, reference: Reference) -> tuple[str, str]:
    """What to do, and what to write instead, if that is clear."""
    space, name = reference.space, reference.name
    known = {*scope.names(*space.kinds), *space.words}
    inner = {path.rpartition(".")[2]: path for path in known if "." in path}
    if reference.near:
        return f"did you mean `{reference.near}`?", reference.near
    near = scope.nearest(name, [*known, *inner])
    if near is not None:
        better = near if near in known else inner[near]
        return f"did you mean `{better}`?", better
    other = _other_kind(scope, space, name)
    if other:
        return other, ""
    if (names := several(re.sub(r"(?<![,，、;；])\s+", ",", name.strip()))) is not None:
        written = all(one in known for one in names[1:-1].split(", ")) and _alone(scope, reference.span)
        return f"several names stand in brackets: `{names}`", names if written else ""
    if reference.hint:
        return reference.hint, ""
    head = _DEFINED_UNDER.get(space.kinds[0])
    where = f" under `{head}:`" if head else ""
    if not known:
        return f"no {space.what} is defined{where} yet", ""
    listed = ", ".join(f"`{word}`" for word in sorted(known)[:_FEW])
    if len(known) <= _FEW:
        return f"there is {listed}", ""
    return f"define it{where}, or use one of {listed}, ...", ""


def _alone(scope: Scope, span: Span) -> bool:
    """Whether a text is the whole value of a key, and no item of a list."""
    document = next(one for one in scope.sources.documents.values() if one.file == span.file)
    return document.lines[span.line - 1][: span.column - 1].rstrip().endswith(":")


def _other_kind(scope: Scope, space: Space, name: str) -> str:
    """The name exists, but is something else: `by: phone`."""
    if name == "opened_at":
        return "the engine fills `opened_at` when a case opens"
    field = scope.fields.get(name)
    if field is not None:
        what = {"SF202": "only a `person` field can act or be told", "SF201": "only a `person` field can stand here"}
        because = what.get(space.code, "a time counts from a `date` or `datetime` field")
        return f"`{name}` is a field of type {field.kind}: {because}"
    for kind, names in scope.declared.items():
        if name in names:
            return f"`{name}` is the name of a {kind}; here stands a {space.what}"
    return ""
