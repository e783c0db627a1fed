"""`explain`: what a code of `check` means, why it matters, and how it is put right."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from svcflow import language
from svcflow.cli import output
from svcflow.cli.failures import WrongUse
from svcflow.core.spelling import nearest
from svcflow.language.render import folded

_WIDEST = 100
_STYLES = {"Bad:": "\033[31;1m", "Good:": "\033[32;1m"}


def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="A code, such as SF301.", show_default=False)
    ] = None,
) -> None:
    """
    Say what a code of `check` means and why it matters, with a bad and a good example; without a code, list them all.

    Example:
      svcflow explain SF301
    """
    pages = {page.code: page for page in language.pages((*language.RULES, *language.house_rules()))}
    if code is None:
        output.write("\n".join(f"{page.code}  {page.severity:7}  {page.name}" for page in pages.values()))
        return
    page = pages.get(code.upper())
    if page is None:
        near = nearest(code.upper(), pages)
        hint = f"did you mean {near}?" if near else "`svcflow explain` lists the codes"
        raise WrongUse(f"no page for the code {output.clean(code)}", hint)
    columns = output.columns(sys.stdout)
    shown = [f"{page.code} {page.name} ({page.severity})", "", *_text(page.text, columns and min(columns, _WIDEST))]
    if output.coloured(sys.stdout):
        shown = [f"{_STYLES[line]}{line}\033[0m" if line in _STYLES else line for line in shown]
    output.write("\n".join(shown))


def _text(text: str, columns: int | None) -> Iterator[str]:
    """A page without its fences; on a screen its paragraphs are broken as wide as that is."""
    for number, part in enumerate(re.split(r"^```.*\n?", text, flags=re.MULTILINE)):
        if number % 2 or columns is None:
            yield from part.splitlines()
        else:
            paragraphs = re.sub(r"(?<=\S)\n(?=[^\s|*-])", " ", part)
            yield from (line for long in paragraphs.splitlines() for line in folded(long, columns))
