"""What a command prints and where: data to stdout, what is said to a person to stderr, and nothing that can crash."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from typing import Literal, TextIO, TypeAlias, TypeVar

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from svcflow.language.render import folded

Format: TypeAlias = Literal["text", "json"]
Advance: TypeAlias = Callable[[int], None]
T = TypeVar("T")

# Nothing is wrapped or cut where no screen is: a file or another program takes lines of any length.
UNBOUNDED = 100_000
GAP = 2


class OutputGone(Exception):
    """Whoever read our output has gone away, as `head` does: there is nobody left to tell anything."""


def prepare() -> None:
    """Make both streams print a replacement for what their encoding lacks, instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def abandon() -> None:
    """Let nothing that is still buffered for a closed pipe complain when Python ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def coloured(stream: TextIO) -> bool:
    """Whether to use colours on this stream: only on a terminal, and never when `NO_COLOR` is set."""
    return on_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def on_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks at this stream; a closed one is None."""
    return stream is not None and stream.isatty()


def clean(text: str) -> str:
    """
    A text as it may stand on a screen: on one line, and without what would steer a terminal or turn its direction.

    What is in a case was typed by others; a line break in it becomes a blank.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else " " if one.isspace() else "\N{REPLACEMENT CHARACTER}" for one in text)


def write(text: str) -> None:
    """
    Print to stdout.

    Raises:
        OutputGone: If nobody reads it any more.
        OSError: If it cannot be written, for example to a full disk.
    """
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise OutputGone from None
    except OSError as problem:
        abandon()
        raise OSError(problem.errno, problem.strerror, "standard output") from problem


def write_folded(text: str, hang: int = GAP) -> None:
    """Print a line to stdout; on a screen one that is too wide goes on below, so many columns in."""
    write("\n".join(folded(text, columns(sys.stdout), hang)))


def count(number: int, one: str, many: str = "") -> str:
    """So many of something, in words."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def write_json(data: object) -> None:
    """Print JSON to stdout, with escapes for letters that its encoding lacks."""
    _write_json(data, indent=2)


def write_json_line(data: object) -> None:
    """The same on one line, for programs that read line by line."""
    _write_json(data, indent=None)


def _write_json(data: object, indent: int | None) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=indent)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(data, indent=indent)
    write(text)


def say(text: str) -> None:
    """Tell the person something, on stderr; a stderr that is gone hears nothing."""
    if stderr := _heard():
        with contextlib.suppress(OSError):
            print(text, file=stderr, flush=True)


def _heard() -> TextIO | None:
    """Python has no stderr where it was closed before the start: printing there would end up on stdout."""
    return sys.stderr


def columns(stream: TextIO) -> int | None:
    """How wide the screen is, if there is one."""
    return shutil.get_terminal_size().columns if on_terminal(stream) else None


def show(what: RenderableType) -> None:
    """Print something laid out to stdout: as wide as the terminal there, without wrapping anywhere else."""
    terminal = on_terminal(sys.stdout)
    console = Console(
        file=io.StringIO(),
        width=columns(sys.stdout) or UNBOUNDED,
        color_system="standard" if coloured(sys.stdout) else None,
        force_terminal=terminal,
        legacy_windows=False,
        highlight=False,
        emoji=False,
    )
    with console.capture() as captured:
        console.print(what, soft_wrap=not terminal)
    write("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))


def table(head: Sequence[str], rows: Iterable[Sequence[str | Text]], *, right: Iterable[str] = ()) -> Table:
    """Columns under their heads, wide letters counted as two; those named in `right` stand to the right."""
    numbers = frozenset(right)
    made = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for number, name in enumerate(head):
        # The first column names the thing: it must stay in one piece, to be copied.
        made.add_column(
            Text(name), justify="right" if name in numbers else "left", overflow="fold", no_wrap=number == 0
        )
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(clean(cell)) for cell in row))
    return made


def inset(what: RenderableType) -> Padding:
    """The same, two columns in, below its heading."""
    return Padding(what, (0, 0, 0, GAP), expand=False)


@contextlib.contextmanager
def progress(label: str, total: int | None) -> Iterator[Advance]:
    """
    A bar on stderr while a person watches it there; gives what to call with each amount done.

    Without a total nobody knows how much there is, and what is done is only counted.
    """
    if not on_terminal(sys.stderr) or os.environ.get("TERM") == "dumb":
        yield lambda _amount: None
        return
    console = Console(
        stderr=True, color_system="standard" if coloured(sys.stderr) else None, legacy_windows=False, highlight=False
    )
    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*parts, console=console, transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda amount: bar.advance(task, amount)


def tracked(label: str, items: Iterable[T]) -> Iterator[T]:
    """The items one by one, with a bar that says how far; of how many only where that is known."""
    with progress(label, len(items) if isinstance(items, Sized) else None) as advance:
        for item in items:
            yield item
            advance(1)
