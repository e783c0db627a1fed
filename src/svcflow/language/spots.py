"""
Every text of a file with what may stand at its place: the schema laid over the nodes, whether they fit it or not.

A file that is being written is nearly always wrong somewhere. So nothing is refused: what fits nothing has no forms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType, UnionType
from typing import Annotated, TypeAlias, Union, get_args, get_origin

from attrs import frozen
from pydantic import BaseModel, RootModel

from svcflow.core.rule import Place
from svcflow.language import schema
from svcflow.language.nodes import Document, Entry, MappingNode, Node, ScalarNode, SequenceNode
from svcflow.language.spaces import Declares, Short, Space, Written

Model: TypeAlias = type[BaseModel]


@frozen(eq=False)
class Form:
    """One thing that may stand at a place: a type with the marks that the schema gives it there."""

    type: object
    marks: tuple[object, ...] = ()

    @property
    def short(self) -> Short | None:
        """The short form of it, if there is one."""
        return next((mark for mark in self.marks if isinstance(mark, Short)), None)

    @property
    def model(self) -> Model | None:
        """The words of a mapping, if it has a fixed set of them."""
        return self.type if isinstance(self.type, type) and issubclass(self.type, BaseModel) else None


@frozen(eq=False)
class Spot:
    """
    One text of a file: a `key` or a value. `forms` are what it may be; a word of the language has its `models` instead.

    `around` is the mapping a key stands in, and for a value the one that holds its key.
    """

    node: ScalarNode
    place: Place
    key: bool
    around: Mapping[str, Entry]
    forms: tuple[Form, ...] = ()
    models: tuple[Model, ...] = ()

    @property
    def declares(self) -> Declares | None:
        """What the text gives a name to."""
        return next((mark for form in self.forms for mark in form.marks if isinstance(mark, Declares)), None)

    @property
    def spaces(self) -> tuple[Space, ...]:
        """What the text may mean as a whole."""
        return tuple(mark for form in self.forms for mark in form.marks if isinstance(mark, Space))

    @property
    def inner(self) -> tuple[Space, ...]:
        """What the names in a condition, a value or a time may mean."""
        return tuple(space for form in self.forms for mark in form.marks if isinstance(mark, Written)
                     for space in mark.spaces)  # fmt: skip

    @property
    def state(self) -> tuple[str, ...]:
        """The names of the states around it, from the outermost on; of a state's own name, those around that state."""
        names: list[str] = []
        steps = self.place[:-1] if self.key else self.place
        for word, name in zip(steps[::2], steps[1::2], strict=False):
            if word != "states":
                break
            names.append(str(name))
        return tuple(names)


def spots(document: Document) -> Iterator[Spot]:
    """The texts of a file in the order of the file."""
    root = document.root
    said = {"process", "shared"} & (root.entries.keys() if isinstance(root, MappingNode) else set())
    shared = () if said == {"process"} else forms(schema.SharedFile)
    process = () if said == {"shared"} else forms(schema.ProcessFile)
    if root is not None:
        yield from _walk(root, (*process, *shared), (), MappingProxyType({}))


@cache
def forms(annotation: object) -> tuple[Form, ...]:
    """What the schema lets stand where it has this annotation."""
    return tuple(_forms(annotation, ()))


@cache
def words(model: Model) -> Mapping[str, object]:
    """The words of a mapping with the annotation of what follows each."""
    fields = model.model_fields.items()
    return MappingProxyType({field.alias or name: field.rebuild_annotation() for name, field in fields})


def _forms(annotation: object, marks: tuple[object, ...]) -> Iterator[Form]:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _forms(args[0], (*marks, *args[1:]))
    elif origin in (Union, UnionType):
        for arg in args:
            yield from _forms(arg, marks)
    elif isinstance(annotation, type) and issubclass(annotation, RootModel):
        yield from _forms(annotation.model_fields["root"].annotation, marks)
    elif annotation is not type(None):
        yield Form(annotation, marks)


def _walk(node: Node, found: tuple[Form, ...], place: Place, around: Mapping[str, Entry]) -> Iterator[Spot]:
    match node:
        case ScalarNode():
            yield Spot(node, place, False, around, tuple(_texts(found)))  # noqa: FBT003 - a field, no switch
        case SequenceNode():
            inner = tuple(_items(found))
            for number, item in enumerate(node.items):
                yield from _walk(item, inner, (*place, number), around)
        case MappingNode():
            yield from _mapping(node, found, place)


def _texts(found: tuple[Form, ...]) -> Iterator[Form]:
    """What one text may be, short forms and lists of one included."""
    for form in found:
        args, short = get_args(form.type), form.short
        if get_origin(form.type) is tuple:
            yield from _texts(tuple(_items((form,))))
        elif form.model is not None:
            if short is not None:
                yield from _texts(forms(words(form.model)[short.word]))
        elif get_origin(form.type) is dict:
            if short is not None:
                yield from forms(args[0] if short.listed else args[1])
        else:
            yield form


def _items(found: tuple[Form, ...]) -> Iterator[Form]:
    """What an item of a list may be; the marks of a list of names are those of each name."""
    for form in found:
        args, short = get_args(form.type), form.short
        if get_origin(form.type) is tuple:
            names = tuple(mark for mark in form.marks if isinstance(mark, Space))
            yield from _forms(args[0], names)
        elif short is not None and short.listed:
            yield from forms(args[0])


def _mapping(node: MappingNode, found: tuple[Form, ...], place: Place) -> Iterator[Spot]:
    models = [form.model for form in found if form.model is not None]
    most = max((_known(model, node) for model in models), default=0)
    models = [model for model in models if _known(model, node) == most]
    tables = [form for form in found if get_origin(form.type) is dict]
    if models and (most or not tables):
        for name, entry in node.entries.items():
            yield Spot(entry.key, (*place, name), True, node.entries, models=tuple(models))  # noqa: FBT003 - as above
            inner = tuple(form for model in models if name in words(model) for form in forms(words(model)[name]))
            yield from _walk(entry.value, inner, (*place, name), node.entries)
        return
    for name, entry in node.entries.items():
        keys = tuple(form for table in tables for form in forms(get_args(table.type)[0]))
        yield Spot(entry.key, (*place, name), True, node.entries, keys)  # noqa: FBT003 - as above
        inner = tuple(form for table in tables for form in forms(get_args(table.type)[1]))
        yield from _walk(entry.value, inner, (*place, name), node.entries)


def _known(model: Model, node: MappingNode) -> int:
    return sum(name in words(model) for name in node.entries)
