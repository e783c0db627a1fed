"""The questions of `init` and how their answers are read: asked again until they can be used."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import available_timezones

from pydantic import TypeAdapter, ValidationError

from svcflow.cli import asking, output
from svcflow.core.spelling import nearest
from svcflow.language import forms
from svcflow.language.first import WORDS, Plan, Step
from svcflow.language.times import Misread, read_clock, read_length, typed

T = TypeVar("T")

_STATE: TypeAdapter[str] = TypeAdapter(forms.StateName)
_ROLE: TypeAdapter[str] = TypeAdapter(forms.RoleName)
_FIELD: TypeAdapter[str] = TypeAdapter(forms.FieldName)
_NAME: TypeAdapter[str] = TypeAdapter(forms.Name)
MOST_STEPS = 50


def plan(language: str, process: str | None) -> Plan:
    """Ask for a whole process; its name is not asked where the file says it."""
    said, own = QUESTIONS[language], WORDS[language]
    name = process or _asked(said["process"], said["a_process"], lambda text: _name(text, _NAME))
    names = _asked(said["steps"], said["some_steps"], lambda text: _steps(text, (own["finished"], own["cancelled"])))
    steps: list[Step] = []
    for step in names:
        output.write(f"\n{step}")
        by = _asked(said["by"], steps[-1].by if steps else said["a_role"], lambda text: _name(text, _ROLE))
        event = _asked(said["event"], own["finish"], lambda text: _name(text, _NAME))
        steps.append(Step(step, by, event, _asked(said["limit"], "-", _limit)))
    output.write("")
    fields = _asked(said["fields"], "-", _fields)
    cancel = _asked(said["cancel"], said["yes"], lambda text: _yes(text, said))
    made = Plan(name, tuple(steps), fields, cancel=cancel)
    if not made.timed:
        return made
    told = _asked(said["told"], steps[0].by, lambda text: _name(text, _ROLE))
    hours = _asked(said["hours"], made.hours, _hours)
    return Plan(name, made.steps, fields, told, hours, _asked(said["zone"], said["a_zone"], _zone), cancel)


def _asked(question: str, default: str, read: Callable[[str], T]) -> T:
    """One answer; empty, or where there are no more, it is the default."""
    while True:
        line = asking.ask(f"{question} [{default}] ")
        if line is None and output.on_terminal(sys.stdin):
            raise KeyboardInterrupt
        try:
            return read(line or default)
        except Misread as misread:
            output.write(f"  {output.clean(misread.message)}: {output.clean(misread.hint)}")


def _name(text: str, kind: TypeAdapter[str]) -> str:
    """A name; blanks become `_`."""
    try:
        return kind.validate_python(re.sub(r"\s+", "_", text.strip()))
    except ValidationError as error:
        told = error.errors()[0].get("ctx", {})
        raise Misread("SF107", str(told["message"]), str(told["hint"])) from error


def _names(text: str, kind: TypeAdapter[str]) -> tuple[str, ...]:
    return tuple(_name(one, kind) for one in re.split(r"[,，、;；]|->|→", text) if one.strip())


def _steps(text: str, taken: tuple[str, ...]) -> tuple[str, ...]:
    names = _names(text, _STATE)
    twice = next((name for place, name in enumerate(names) if name in names[:place] or name in taken), None)
    if twice is not None:
        raise Misread("SF107", f"`{twice}` would be there twice", "the ends are added by themselves")
    if not 1 <= len(names) <= MOST_STEPS:
        raise Misread("SF102", f"{len(names)} steps", f"name 1 to {MOST_STEPS}, with commas between")
    return names


def _fields(text: str) -> tuple[str, ...]:
    return () if text == "-" else tuple(dict.fromkeys(_names(text, _FIELD)))


def _limit(text: str) -> str | None:
    return None if text == "-" else _meant(read_length, text)


def _hours(text: str) -> str:
    days, _, hours = text.partition(" ")
    return f"{_meant(forms.read_weekdays, days)} {_meant(read_clock, hours).replace(' ', '')}"


def _meant(read: Callable[[str], object], text: str) -> str:
    """What is written for an answer: `2h` for `2小时`, which can mean nothing else."""
    try:
        read(text)
    except Misread as misread:
        better = misread.better or typed(text)
        # What is only probably meant is a question in the help, and asked.
        if better == text or misread.hint.endswith("?"):
            raise
        return _meant(read, better)
    return text


def _zone(text: str) -> str:
    if text in available_timezones():
        return text
    near = nearest(text, available_timezones())
    raise Misread(
        "SF508", f"no time zone is called `{text}`", f"did you mean {near}?" if near else "as in Asia/Shanghai"
    )


def _yes(text: str, said: Mapping[str, str]) -> bool:
    if text.lower() in {"y", "yes", "是", said["yes"]}:
        return True
    if text.lower() in {"n", "no", "否", "不"}:
        return False
    raise Misread("SF108", f"`{text}` is neither yes nor no", f"write {said['yes']} or {said['no']}")


QUESTIONS: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "en": {
        "process": "What is the process called?", "a_process": "repair",
        "steps": "What are the steps, in order? Names with commas between", "some_steps": "received, repair, check",
        "by": "  Who does it?", "a_role": "agent", "event": "  What is done there, in a word?",
        "limit": "  How long may it take, as in 4h or 2d?",
        "fields": "What must be known when a case is opened? Names with commas between",
        "cancel": "Can a case be cancelled?", "yes": "yes", "no": "no",
        "told": "Who is told when a time has run out?", "hours": "Which days and hours are worked?",
        "zone": "In which time zone?", "a_zone": "UTC",
    },
    "zh": {
        "process": "流程叫什么名字？", "a_process": "维修",
        "steps": "依次有哪些环节？用逗号隔开", "some_steps": "受理，维修中，检验",
        "by": "  谁来处理？", "a_role": "客服", "event": "  在这里做什么？一个词",
        "limit": "  限时多久？例如 4h（工作小时）、2d（工作日）",
        "fields": "开单时必须填写什么？用逗号隔开",
        "cancel": "工单可以取消吗？", "yes": "是", "no": "否",
        "told": "超时通知谁？", "hours": "工作日和工作时间？",
        "zone": "时区？", "a_zone": "Asia/Shanghai",
    },
})  # fmt: skip
"""What is asked, and what is taken for an empty answer, by language."""
