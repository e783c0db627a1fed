import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial

import pytest

from svcflow.core.decision import HookCall
from svcflow.errors import HookError
from svcflow.hooks import Hooks


def plain(call: HookCall) -> None: ...


async def waiting(call: HookCall) -> None: ...


def generator(call: HookCall) -> Iterator[None]:
    yield


async def stream(call: HookCall) -> AsyncIterator[None]:
    yield


def two(call: HookCall, other: str) -> None: ...


def nothing() -> None: ...


def named(*, call: HookCall) -> None: ...


class Sender:
    def __call__(self, call: HookCall) -> None: ...

    def send(self, call: HookCall, retries: int = 3) -> None: ...


class Waiter:
    async def __call__(self, call: HookCall) -> None: ...


@pytest.mark.parametrize("function", [plain, Sender(), Sender().send, partial(two, other="x"), print])
def test_what_can_be_called_with_one_call_is_a_hook(function: object) -> None:
    hooks = Hooks()
    assert hooks.on("notify")(function) is function  # type: ignore[type-var]
    hook = hooks.after("notify")
    assert hook is not None
    assert hook.function is function
    assert not hook.awaits


@pytest.mark.parametrize("function", [waiting, Waiter(), partial(waiting)])
def test_a_coroutine_function_is_known_as_one(function: object) -> None:
    hooks = Hooks()
    hooks.on("notify")(function)  # type: ignore[type-var]
    hook = hooks.after("notify")
    assert hook is not None
    assert hook.awaits


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (two, "cannot be called with one HookCall"),
        (nothing, "cannot be called with one HookCall"),
        (named, "cannot be called with one HookCall"),
        (generator, "its body would never run"),
        (stream, "its body would never run"),
        ("notify", "is not a function"),
    ],
)
def test_what_cannot_take_a_call_is_refused_and_named(function: object, why: str) -> None:
    hooks = Hooks()
    with pytest.raises(HookError, match=why):
        hooks.on("notify")(function)  # type: ignore[type-var]
    assert hooks.names == ()


def test_a_name_is_registered_once() -> None:
    hooks = Hooks()
    hooks.on("notify")(plain)
    with pytest.raises(HookError, match="registered already, by `plain`"):
        hooks.on("notify")(waiting)


def test_the_decorator_without_a_name_is_explained() -> None:
    with pytest.raises(HookError, match=r"write `hook\('NAME'\)` above `plain`"):
        Hooks().on(plain)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "two words", "a-b", "1st"])
def test_a_name_that_no_process_can_write_is_refused(name: str) -> None:
    with pytest.raises(HookError, match="cannot be the name of a hook"):
        Hooks().on(name)


def test_private_fields_are_a_list_and_no_text() -> None:
    with pytest.raises(HookError, match=r"write `private=\['phone'\]`"):
        Hooks().on("notify", private="phone")


def test_the_star_takes_what_nobody_else_takes() -> None:
    hooks = Hooks()
    hooks.on("notify")(plain)
    assert hooks.after("order_parts") is None
    hooks.on("*")(waiting)
    known, rest = hooks.after("notify"), hooks.after("order_parts")
    assert known is not None
    assert rest is not None
    assert (known.function, rest.function) == (plain, waiting)


@pytest.mark.usefixtures("restless_threads")
def test_hooks_are_registered_while_a_worker_asks_for_their_names() -> None:
    hooks, wrong, over = Hooks(), list[Exception](), threading.Event()

    def ask() -> None:
        try:
            while not over.is_set():
                hooks.named(awaits=False)
        except RuntimeError as problem:
            wrong.append(problem)

    thread = threading.Thread(target=ask)
    thread.start()
    for number in range(3000):
        hooks.on(f"hook_{number}")(plain)
    over.set()
    thread.join()
    assert wrong == []
