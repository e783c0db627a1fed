"""`explain`: what a code of `check` means, why it matters, and how it is put right."""

from __future__ import annotations

import sys
import textwrap
from typing import Annotated

import typer

from svcflow import language
from svcflow.cli import output
from svcflow.cli.failures import WrongUse
from svcflow.core.spelling import nearest

_STYLES = {"Bad:": "\033[31;1m", "Good:": "\033[32;1m"}


def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="A code, such as SF301.", show_default=False)
    ] = None,
) -> None:
    """
    Say what a check over the whole process finds and why, with a bad and a good example; without a code, list them.

    The codes of YAML, shape and names (SF0xx to SF2xx and some others) are explained in the reference only.

    Example:
      svcflow explain SF301
    """
    rules = {rule.code: rule for rule in (*language.RULES, *language.house_rules())}
    if code is None:
        output.write("\n".join(f"{rule.code}  {rule.severity:7}  {rule.name}" for rule in rules.values()))
        return
    rule = rules.get(code.upper())
    if rule is None:
        near = nearest(code.upper(), rules)
        hint = f"did you mean {near}?" if near else "`svcflow explain` lists the codes"
        raise WrongUse(f"no page for the code {output.clean(code)}", hint)
    page = [f"{rule.code} {rule.name} ({rule.severity})", "", *textwrap.dedent(rule.page).strip().splitlines()]
    shown = [line for line in page if not line.startswith("```")]
    if output.coloured(sys.stdout):
        shown = [f"{_STYLES[line]}{line}\033[0m" if line in _STYLES else line for line in shown]
    output.write("\n".join(shown))
