"""
The harness of the zoo: a bug of the kind that programmers really make is planted, and the kit must find it.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from attrs import frozen

from svcflow import catalog
from svcflow.core.event import EMPTY
from svcflow.testing.campaigning import Outcome, campaign
from svcflow.testing.drawing import Drawing, random_traces
from svcflow.testing.properties import Properties
from svcflow.testing.properties.all import BUILT_IN
from svcflow.testing.stage import Database, Stage, in_memory
from svcflow.testing.violations import Violation

Planted = Callable[[], Iterator[None]]


@frozen
class Bug:
    """
    One planted bug: what it is, in a sentence; the part that it breaks; what must find it, one of these.

    It lives in `process`, a name of the catalog, or the text of a process and of those that it runs. It must be found
    within so many `examples`, and reduced to at most `length` commands.
    """

    name: str
    what: str
    breaks: str
    finds: tuple[type[Violation], ...]
    process: str | tuple[str, ...]
    planted: Callable[[], AbstractContextManager[None]]
    examples: int = 300
    length: int = 4
    faults: bool = False
    weights: Mapping[str, int] = EMPTY
    database: Database = in_memory
    properties: Properties = BUILT_IN


def bug(
    breaks: str, finds: type[Violation] | tuple[type[Violation], ...], process: str | tuple[str, ...], **more: Any
) -> Callable[[Planted], Bug]:
    """
    Make a bug of a function that plants it until it is resumed; its docstring says what is wrong.
    """

    def made(planted: Planted) -> Bug:
        kinds = finds if isinstance(finds, tuple) else (finds,)
        what = inspect.cleandoc(planted.__doc__ or "").partition("\n\n")[0].replace("\n", " ").rstrip(".")
        name = planted.__name__.replace("_", " ")
        return Bug(name, what, breaks, kinds, process, contextmanager(planted), **more)

    return made


@contextmanager
def replaced(owner: Any, name: str, broken: Any) -> Iterator[None]:
    """
    A function of a module, wherever the library has imported it by name, or a method of a class.

    The kit itself keeps the right one.
    """
    right = inspect.getattr_static(owner, name)
    places: list[Any] = [owner]
    if inspect.ismodule(owner):
        modules = [module for known, module in sys.modules.items() if known.startswith("svcflow.")]
        places = [module for module in modules if getattr(module, name, None) is right]
        places = [module for module in places if not module.__name__.startswith("svcflow.testing")]
    for place in places:
        setattr(place, name, broken)
    try:
        yield
    finally:
        for place in places:
            setattr(place, name, right)


@contextmanager
def staged(one: Bug) -> Iterator[Stage]:
    """
    The stage of a bug, made ready with the bug in it.
    """
    with TemporaryDirectory(prefix="svcflow-zoo-") as folder, one.planted():
        if isinstance(one.process, str):
            yield Stage.of(getattr(catalog, one.process), database=one.database)
            return
        files = [Path(folder, f"{text.split()[1]}.yaml") for text in one.process]
        for file, text in zip(files, one.process, strict=True):
            file.write_text(text, "utf-8")
        yield Stage.of(str(files[0]), database=one.database)


def drawing(one: Bug, stage: Stage) -> Drawing:
    """
    How traces are drawn to find a bug.
    """
    return Drawing.of(stage, faults=one.faults, weights=one.weights)


def hunted(one: Bug, seed: int) -> Outcome:
    """
    A campaign against a bug, up to the first thing that it finds.
    """
    with staged(one) as stage:
        traces = islice(random_traces(drawing(one, stage), seed), one.examples)
        return campaign(stage, traces, properties=one.properties, most_kinds=1)


def table(bugs: tuple[Bug, ...]) -> str:
    """
    The bugs as a table in Markdown, by the part that they break.
    """
    rows = [
        f"| {one.what} | `{one.breaks}` | {' or '.join(f'`{kind.__name__}`' for kind in one.finds)} "
        f"| {one.examples} | {one.length} |"
        for one in sorted(bugs, key=lambda one: (one.breaks, one.name))
    ]
    head = ["| what is wrong | in | found as | within runs | reduced to commands |", "|---|---|---|---|---|"]
    return "\n".join((*head, *rows)) + "\n"
