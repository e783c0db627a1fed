"""The host's functions by the names that processes use, checked when they are registered."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias, TypeVar

from attrs import frozen

from svcflow.core.decision import HookCall
from svcflow.errors import HookError

ANY = "*"
"""The name under which one function takes the calls of every hook that has no function of its own."""

HookFunction: TypeAlias = Callable[[HookCall], Awaitable[None] | None]
F = TypeVar("F", bound=Callable[..., Any])


@frozen
class Hook:
    """One registration: the function, whether it must be awaited, and the private fields it may see."""

    name: str
    function: HookFunction
    awaits: bool
    private: frozenset[str]


class Hooks:
    """
    What is registered, by name.

    A name may be registered before or after the processes that use it are published. A call for a name that nobody
    registered waits in the outbox.
    """

    def __init__(self) -> None:
        self._hooks: dict[str, Hook] = {}

    def on(self, name: str, *, private: Iterable[str] = ()) -> Callable[[F], F]:
        """
        Register the decorated function for a hook; `private` names the private fields that its calls carry.

        Raises:
            HookError: If the name is taken or is none, `private` is not a list of names, or the function cannot be
                called with one `HookCall`.
        """
        fields = self._checked(name, private)

        def register(function: F) -> F:
            why = _unfit(function)
            if why is not None:
                raise HookError(f"hook {name!r}: {_called(function)} {why}; write `def NAME(call: HookCall) -> None:`")
            if name in self._hooks:
                raise HookError(f"hook {name!r} is registered already, by {_called(self._hooks[name].function)}")
            self._hooks[name] = Hook(name, function, _awaits(function), fields)
            return function

        return register

    def get(self, name: str) -> Hook | None:
        """The registration that takes calls of this hook, None when nobody does."""
        return self._hooks.get(name) or self._hooks.get(ANY)

    @property
    def names(self) -> tuple[str, ...]:
        """The registered names, in the order of registration."""
        return tuple(self._hooks)

    @staticmethod
    def _checked(name: object, private: Iterable[str]) -> frozenset[str]:
        if not isinstance(name, str):
            raise HookError(f"a hook needs its name: write `hook('NAME')` above {_called(name)}, not `hook` alone")
        if name != ANY and not name.isidentifier():
            raise HookError(f"{name!r} cannot be the name of a hook: a process could not call it")
        if isinstance(private, str):
            raise HookError(f"hook {name!r}: `private` is a list of field names, write `private=[{private!r}]`")
        return frozenset(private)


def _called(function: object) -> str:
    return f"`{getattr(function, '__qualname__', None) or repr(function)}`"


def _awaits(function: object) -> bool:
    """Whether calling it gives a coroutine: an `async` function, or an object whose class is called as one."""
    return any(map(inspect.iscoroutinefunction, (function, type(function).__call__)))


def _unfit(function: object) -> str | None:
    """What stops a function from being called with one `HookCall`; None when nothing does."""
    if not callable(function):
        return "is not a function"
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        return "is a generator: its body would never run"
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None  # Some built-in functions do not tell their signature; they may still fit.
    try:
        signature.bind(object())
    except TypeError as problem:
        return f"cannot be called with one HookCall ({problem})"
    return None
