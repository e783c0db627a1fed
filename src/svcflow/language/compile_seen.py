"""Who may see which fields: `seen_by` of the process and of its fields, brought together at each field."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from svcflow.core.rule import People
from svcflow.language import schema
from svcflow.language.compile_do import Doing
from svcflow.language.gather import Gathered
from svcflow.language.nodes import MappingNode
from svcflow.language.spaces import SIGHT, WHO


def say_who_sees(doing: Doing, gathered: Gathered, form: schema.ProcessFile) -> People | None:
    """
    Write down at each field who may see it: as it says itself, else as the process says.

    The answer is who sees all that fields do not say; None where the process says nothing.
    """
    scope = doing.scope
    _own_lists(doing, gathered)
    if form.seen_by is None:
        return None
    known = _known(doing, form.seen_by)
    for name, field in scope.fields.items():
        if field.seen_by is None and name != "opened_at":
            people = doing.called(one for one, seen in known.items() if "all" in seen or name in seen)
            scope.fields[name] = evolve(field, seen_by=people)
    return doing.called(one for one, seen in known.items() if "all" in seen)


def _own_lists(doing: Doing, gathered: Gathered) -> None:
    scope = doing.scope
    used = set(scope.used)
    for file, form in gathered.forms.items():
        for name, field in form.fields.items():
            people = doing.people(field.seen_by, (*gathered.prefix(file), "fields", name, "seen_by"))
            if people is not None:
                scope.fields[name] = evolve(scope.fields[name], seen_by=people)
        if file != gathered.file:  # What a shared file says of its fields is no use of others by this process.
            scope.used.intersection_update(used)


def _known(doing: Doing, form: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Those whom the process names and who exist, each with what they see of it."""
    scope = doing.scope
    _, node = scope.sources.find(("seen_by",))
    if not isinstance(node, MappingNode):
        names = [name for number, name in enumerate(form) if scope.refer(WHO, name, ("seen_by", number))]
        return {name: form[name] for name in names}
    for name, fields in form.items():
        for number, field in enumerate(fields):
            place = ("seen_by", name, number)
            if field == "all" and field in scope.fields:
                scope.error("SF106", place, "`all` means all fields here, and a field is called so",
                            hint="give the field another name")  # fmt: skip
            if scope.refer(SIGHT, field, place) and field != "all" and scope.fields[field].seen_by is not None:
                scope.error("SF106", place, f"`{field}` says itself who sees it",
                            hint=f"name `{name}` there, and leave it out here")  # fmt: skip
    return {name: seen for name, seen in form.items() if scope.refer(WHO, name, ("seen_by", name), key=True)}
