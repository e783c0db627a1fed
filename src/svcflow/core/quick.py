"""
Frozen values in a fraction of the time: filled in while they are still open, frozen as the last thing.

A frozen class with slots has to go round its own `__setattr__` for every attribute, which costs eight times what it
costs elsewhere. For the few kinds of values that every event makes anew, that is a tenth of its time.
"""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar

from attrs import field, fields, make_class

V = TypeVar("V")


def quick(kind: type[V]) -> type[V]:
    """
    A constructor of the very same values as `kind`, in a third of the time.

    `kind` is a frozen class with slots whose attributes have nothing but defaults: no converters, no validators.
    """
    attributes = {one.name: field(default=one.default) for one in fields(kind)}  # type: ignore[arg-type]  # it has attrs
    # The last thing set is the class itself: from there on the value is one of `kind`, and frozen.
    filled = make_class(kind.__name__, {**attributes, "__class__": field(default=kind, alias="frozen")}, slots=False)
    open_kind = {
        "__slots__": (),
        "__init__": vars(filled)["__init__"],
        "__setattr__": object.__setattr__,
        "__delattr__": object.__delattr__,
    }
    return type(kind.__name__, (kind,), open_kind)


def eager(kind: type[V]) -> type[V]:
    """
    Work out the cached properties of a class as soon as a value of it is made, in their order; put `attrs` above.

    What is left is a plain attribute: a look-up that goes past a property takes five times as long, for every event.
    """
    derived = {name: one.func for name, one in vars(kind).items() if isinstance(one, cached_property)}
    for name in derived:
        delattr(kind, name)

    def work_out(value: object) -> None:
        for name, function in derived.items():
            vars(value)[name] = function(value)

    kind.__attrs_post_init__ = work_out  # type: ignore[attr-defined]  # how attrs is told
    return kind
