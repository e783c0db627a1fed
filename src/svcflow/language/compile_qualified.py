"""What whoever acts must be qualified for: `qualified`, as names with levels or as a table of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from svcflow.core.rule import Place, Qualified
from svcflow.language import schema
from svcflow.language.compile_times import choosable, row_exists
from svcflow.language.nodes import MappingNode, ScalarNode, SequenceNode
from svcflow.language.scope import Scope
from svcflow.language.spaces import FIELD, QUALIFICATION


def qualified(
    scope: Scope, form: schema.QualifiedForm | None, place: Place, outer: Qualified | None
) -> Qualified | None:
    """What holds at a place: what it says itself, else what the place around it says; None where nothing is needed."""
    if form is None:
        return outer
    if not isinstance(form, schema.QualifiedTable):
        needs = _needs(scope, form, place)
        return Qualified(needs) if needs else None
    if not scope.refer(FIELD, form.per, (*place, "per")):
        return None
    if "default" not in form.table:
        scope.error("SF106", (*place, "table"), "this table has no `default`", key=True,
                    hint="say what is needed when no other row fits, as in `default: none`")  # fmt: skip
    if form.per in scope.fields and choosable(scope, [scope.fields[form.per]], place):
        for row in form.table:
            row_exists(scope, scope.fields[form.per], row, (*place, "table", row))
    rows = {row: _needs(scope, needs, (*place, "table", row)) for row, needs in form.table.items()}
    return Qualified(rows.pop("default", {}), form.per, MappingProxyType(rows))


def _needs(scope: Scope, needs: Mapping[str, int], place: Place) -> Mapping[str, int]:
    """Names with their levels; `none` is no name."""
    _, node = scope.sources.find(place)
    for name in needs:
        match node:
            case MappingNode():
                scope.refer(QUALIFICATION, name, (*place, name), key=True)
            case SequenceNode():
                texts = [item.text if isinstance(item, ScalarNode) else "" for item in node.items]
                scope.refer(QUALIFICATION, name, (*place, texts.index(name)))
            case _:
                scope.refer(QUALIFICATION, name, place)
    return MappingProxyType({name: needs[name] for name in sorted(needs) if name != "none"})
