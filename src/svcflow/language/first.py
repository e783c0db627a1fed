"""
A first process from a few answers: a file that passes every check, laid out, with comments that teach the language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from attrs import frozen


@frozen
class Step:
    """One state: its name, who acts there, the event that ends it, and how long it may take (None: nobody asks)."""

    name: str
    by: str
    event: str
    limit: str | None = None


@frozen
class Plan:
    """
    What somebody wants to write down: names in any script, at least one step.

    `fields` must be known on opening. `told` hears of it when a limit has run out, counted in `hours`, as in
    `mon-fri 09:00-17:00`, of `zone`. With `cancel` a case can be given up before its end.
    """

    process: str
    steps: tuple[Step, ...]
    fields: tuple[str, ...] = ()
    told: str = ""
    hours: str = "mon-fri 09:00-17:00"
    zone: str = "UTC"
    cancel: bool = False

    @property
    def timed(self) -> bool:
        """Whether any step has a limit."""
        return any(step.limit is not None for step in self.steps)


def first_process(plan: Plan, language: str) -> str:
    """The file of a process, with its comments and its own words in a language: `zh`, else English."""
    said = WORDS.get(language, WORDS["en"])
    parts = [_head(plan, said), _times(plan, said) if plan.timed else (), _form(plan, said), _states(plan, said)]
    parts.append(_anywhere(plan, said) if plan.cancel else ())
    return "\n".join("".join(f"{line}\n" for line in part) for part in map(tuple, parts) if part)


def _head(plan: Plan, said: Mapping[str, str]) -> Iterator[str]:
    roles = dict.fromkeys([*(step.by for step in plan.steps), *([plan.told] if plan.timed else [])])
    yield f"# {said['head'].format(plan.process)}"
    yield f"process: {plan.process}"
    yield f"version: 1 # {said['version']}"
    yield f"roles: [{', '.join(roles)}] # {said['roles']}"


def _times(plan: Plan, said: Mapping[str, str]) -> Iterator[str]:
    days, hours = plan.hours.split()
    yield f"# {said['calendar']}"
    yield f"calendar: {said['office']}"
    yield "calendars:"
    yield f"  {said['office']}: {{timezone: {plan.zone}, hours: {{{days}: [{hours}]}}}} # {said['holidays']}"
    yield ""
    yield f"# {said['escalation']}"
    yield f"escalation: {said['late']}"
    yield "escalations:"
    yield f"  {said['late']}: {{100%: {{notify: {plan.told}}}}}"


def _form(plan: Plan, said: Mapping[str, str]) -> Iterator[str]:
    fields = dict.fromkeys((*plan.fields, *([said["reason"]] if plan.cancel else [])))
    if fields:
        yield f"# {said['fields']}"
        yield "fields:"
        yield from (f"  {name}: text" for name in fields)
        yield ""
    ask = f", ask: [{', '.join(plan.fields)}]" if plan.fields else ""
    yield f"open: {{by: {plan.steps[0].by}{ask}}} # {said['open']}"


def _states(plan: Plan, said: Mapping[str, str]) -> Iterator[str]:
    yield f"# {said['states']}"
    yield "states:"
    following = [*(step.name for step in plan.steps[1:]), said["finished"]]
    for step, after in zip(plan.steps, following, strict=True):
        lies = f" # svcflow: ignore SF605 {said['lies']}" if plan.timed and step.limit is None else ""
        yield f"  {step.name}:{lies}"
        yield f"    by: {step.by}"
        if step.limit is not None:
            yield f"    limit: {step.limit}"
        yield f"    events: {{{step.event}: {after}}}"
    yield f"  {said['finished']}: {{end: done}} # {said['end']}"
    if plan.cancel:
        yield f"  {said['cancelled']}: {{end: cancelled}}"


def _anywhere(plan: Plan, said: Mapping[str, str]) -> Iterator[str]:
    yield f"# {said['anywhere']}"
    yield "anywhere:"
    what = f"{{to: {said['cancelled']}, by: {plan.steps[0].by}, ask: {said['reason']}}}"
    yield f"  {said['cancel']}: {what}"


WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "en": {
        "head": "`svcflow check {0}.yaml` looks this file over, `draw` shows it, `try` walks a case through it.",
        "version": "cases stay on their version: count up when published behaviour changes",
        "roles": "who works here; who has which role is said by your application",
        "calendar": "Which time counts: `4h` are working hours, `2d` working days.",
        "holidays": "add `holidays: DE`, or another country, to leave public holidays out",
        "escalation": "Who is told when a limit has run out. More steps: `50%`, `100% + 4h`, `-30min`.",
        "fields": "What a case knows. Other types: number, money, flag, date, person, `a | b | c`, `1..5`, files, ...",
        "open": "who may open a case, and what must be known then",
        "states": "The states. A case begins in the first. `by`: who may act; `events`: what may happen, and where to.",
        "lies": "nothing is promised for this step",
        "end": "an end has no events; a case is closed here",
        "anywhere": "What may happen in every state. `ask` lists what the form asks for.",
        "office": "office", "late": "late", "finished": "finished", "cancelled": "cancelled", "cancel": "cancel",
        "reason": "reason", "finish": "done",
    },
    "zh": {
        "head": "`svcflow check {0}.yaml` 检查本文件，draw 画出流程图，try 试走一张工单。",
        "version": "工单按开单时的版本办理；已发布的流程改动后，版本号加一",
        "roles": "岗位；谁担任哪个岗位，由你们的系统告知",
        "calendar": "按什么时间计算：4h 是四个工作小时，2d 是两个工作日。",
        "holidays": "加上 holidays: CN，法定节假日和调休就按国务院的安排计算",
        "escalation": "超时通知谁。还可以写：50%、100% + 4h、-30min。",
        "fields": "工单记录哪些内容。其他类型：number、money、flag、date、person、甲 | 乙、1..5、files 等。",
        "open": "谁可以开单，开单时必填什么",
        "states": "环节，按顺序写：工单从第一个环节开始。by 是谁可以处理，events 是可以做什么、做完到哪里。",
        "lies": "这个环节没有承诺时限",
        "end": "结束环节没有操作，工单到此办结",
        "anywhere": "在任何环节都可以做的事。ask 列出必填的内容。",
        "office": "工作日历", "late": "超时", "finished": "已完成", "cancelled": "已取消", "cancel": "取消",
        "reason": "原因", "finish": "完成",
    },
})  # fmt: skip
