"""The forms of `try`: asked for field by field, in the types of the process, until every answer fits."""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import Any

from svcflow.cli import asking, output
from svcflow.cli.failures import WrongUse, failure_of
from svcflow.cli.form import form_of
from svcflow.cli.refusals import listed
from svcflow.cli.words import Words, beside
from svcflow.core.decision import Offer
from svcflow.core.form import Unfit
from svcflow.core.process import Process
from svcflow.language.portrait import type_of
from svcflow.language.times import Misread
from svcflow.stories.values import value_of

GIVE_UP = "."
LISTS = frozenset({"list", "files"})


def tell(problem: Exception) -> None:
    """Say what was wrong with a line; nothing has changed."""
    if isinstance(problem, Misread):
        problem = WrongUse(problem.message, problem.hint)
    failure = failure_of(problem)
    output.write(f"error: {failure.message}{f' ({failure.hint})' if failure.hint else ''}")


def filled(
    process: Process, language: str | None, offer: Offer, form: dict[str, Any], *, more: bool
) -> dict[str, Any] | None:
    """The form with what it still asks for, and `more` if that is wanted; None when the person gives up."""
    words = Words.of(process, language)
    for name in offer.ask:
        if name in form:
            continue
        value = _answered(words, name, offer.present.get(name))
        if value is None:
            output.write("given up")
            return None
        form[name] = value
    if offer.may and more:
        form |= _added(words, offer.may)
    return form


def _answered(words: Words, name: str, present: object) -> object | None:
    """A field's value as typed, asked for until it is one; nothing typed means the present one, None gives up."""
    shown = "" if present is None else f" [{words.value(name, present)}]"
    while True:
        answer = asking.ask(f"  {beside(name, words.field(name))} ({_type(words.process, name)}){shown}: ")
        if answer is None or answer == GIVE_UP:
            return None
        value = _typed(words.process, name, answer) if answer or present is None else _kept(present)
        read = value_of(words.process, name, value)
        if read is not None and not isinstance(read, Unfit):
            return value
        output.write(f"  {name} {'must be filled in' if read is None else read.why}; `{GIVE_UP}` gives up")


def _added(words: Words, may: tuple[str, ...]) -> dict[str, Any]:
    """What else is typed into a form."""
    named = listed((beside(name, words.field(name)) for name in may), "or")
    while True:
        answer = asking.ask(f"  also {named}, as FIELD=VALUE (or nothing): ")
        try:
            return dict(form_of(split(answer or ""), None))
        except WrongUse as problem:
            tell(problem)


def split(line: str) -> list[str]:
    """
    A line in words, as a shell would read it.

    Raises:
        WrongUse: If its quotes are not closed.
    """
    try:
        return shlex.split(line)
    except ValueError as problem:
        raise WrongUse(
            f"this line cannot be read: {problem}", 'close the quotes, as in "fault=no picture"'
        ) from problem


def _type(process: Process, name: str) -> str:
    declared = process.fields[name]
    match declared.kind:
        case "choice":
            return " | ".join(declared.choices)
        case "range":
            return f"{declared.low}..{declared.high}"
        case "duration":
            return type_of(declared)
        case "flag":
            return "true | false"
        case "datetime":
            return "2026-03-31 14:00"
        case "date":
            return "2026-03-31"
        case "list" | "files":
            return f"{declared.kind}, separated by commas"
        case _:
            return declared.kind


def _typed(process: Process, name: str, answer: str) -> object:
    """A list is typed with commas between its items."""
    if process.fields[name].kind not in LISTS:
        return answer
    return [item.strip() for item in answer.replace("，", ",").replace("、", ",").split(",") if item.strip()]


def _kept(value: object) -> object:
    """A present value, as it would be typed."""
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return [getattr(item, "name", item) for item in value]
        case datetime():
            return value.isoformat()
        case _:
            return str(value)
