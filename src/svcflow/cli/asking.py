"""Asking a person line by line, or a script in their place: prompts to stdout, answers from stdin."""

from __future__ import annotations

import io
import sys

from svcflow.cli import output

LONGEST_LINE = 100_000


def ready() -> None:
    """Let what is typed be edited, where the terminal can, and let no byte of it fail."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    if output.on_terminal(sys.stdin):
        try:
            import readline  # noqa: F401, PLC0415 - optional: not every platform has it; importing it is all it takes
        except ImportError:
            return


def ask(prompt: str) -> str | None:
    """
    One line without its end; None when there are no more.

    What does not come from a terminal is shown behind its prompt, so that the record of a script reads like a session.
    """
    if output.on_terminal(sys.stdin):
        try:
            return input(prompt).strip()
        except EOFError:
            output.write("")
            return None
    line = sys.stdin.readline(LONGEST_LINE)
    output.write(f"{prompt}{output.clean(line.strip())}")
    return line.strip() if line else None
