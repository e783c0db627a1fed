"""How the parts of a process are called in one language: the words that all drawings share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from attrs import field, frozen

from svcflow.core.condition import Condition
from svcflow.core.process import Field, Process, State
from svcflow.core.promise import Agreed, Promise, Table, Time
from svcflow.core.rule import After, Alternative, Bars, People, Qualified, Rule, Text
from svcflow.core.spelling import nearest
from svcflow.core.tree import Filled, Read, Tree, Value, parts, walk
from svcflow.errors import InputError

ENGLISH: Mapping[str, str] = MappingProxyType({
    "version": "version {0}", "open": "opened by {0}", "anyone": "anyone", "clock": "clock {0}: {1}",
    "starts": "starts here", "by": "by {0}", "not_by": "not by whoever acted in {0}", "not_by_field": "not by {0}",
    "qualified": "qualified: {0}", "level": "{0} (level {1})", "none": "none",
    "wait": "waits {0}", "window": "only {0}", "limit": "within {0}", "pause": "stands still: {0}", "run": "runs {0}",
    "parallel": "side by side", "auto": "at once", "after": "after {0}", "every": "every {0}", "here": "stays",
    "back": "back to where it came from", "last": "{0}, where it last was", "if": "if {0}", "max": "at most {0}x",
    "share": "for {0} of the cases",
    "else": ", else ", "done": "end", "cancelled": "end, cancelled", "anywhere": "in {0}",
    "from": "from {0} until {1}", "on": "{0} on {1}", "since": "{0} since {1}", "or_else": "{0}, else {1}",
    "span": "{0} to {1}", "per": "by {0}: {1}",
    "default": "otherwise", "working": "{0} working dates", "and": ", ", "event_done": "when over", "several": "; ",
    "row": "{0} {1}", "rows": "({0})", "opened_at": "opening", "system": "the system", "min": "{0}min", "h": "{0}h",
    "d": "{0}d", "w": "{0}w", "mo": "{0}mo", "y": "{0}y", "dates": "{0}d..{1}d", "always": "always",
    "guarded": "{0} ({1})", "filled": "{0} is filled in", "op ==": "is", "op !=": "is not", "op <=": "≤",
    "op >=": "≥",
    "cases": "{0} cases, {1} of them open", "now": "now {0}", "now late": "now {0}, {1} of them late",
    "ended": "{0} ended", "stays": "{0} stays", "within": "half in {0}, 90 % in {1}", "times": "{0}x",
    "cycles": "{0} met, {1} late",
})  # fmt: skip
CHINESE: Mapping[str, str] = MappingProxyType({
    "version": "版本 {0}", "open": "发起：{0}", "anyone": "任何人", "clock": "时限 {0}：{1}",
    "starts": "起始", "by": "由 {0}", "not_by": "不得由处理过 {0} 的人", "not_by_field": "不得由 {0}",
    "qualified": "须具备资格：{0}", "level": "{0}（{1} 级）", "none": "不需要",
    "wait": "等待 {0}", "window": "仅在 {0}", "limit": "限时 {0}", "pause": "暂停计时：{0}", "run": "子流程 {0}",
    "parallel": "并行", "auto": "自动", "after": "{0}后", "every": "每 {0}", "here": "停留",
    "back": "返回原环节", "last": "{0}（上次所在处）", "if": "若 {0}", "max": "最多 {0} 次",
    "share": "占工单的 {0}",
    "else": "，否则 ", "done": "结束", "cancelled": "结束（取消）", "anywhere": "适用于 {0}",
    "from": "从 {0} 到 {1}", "on": "{0}（{1}）", "since": "自 {1} 起 {0}", "or_else": "{0}，否则 {1}",
    "span": "{0} 至 {1}", "per": "按 {0}：{1}",
    "default": "其他", "working": "{0}（工作日）", "and": "、", "event_done": "全部完成", "several": "；",
    "row": "{0} {1}", "rows": "（{0}）", "opened_at": "发起", "system": "系统", "min": "{0} 分钟", "h": "{0} 小时",
    "d": "{0} 天", "w": "{0} 周", "mo": "{0} 个月", "y": "{0} 年", "dates": "第 {0} 至 {1} 天",
    "always": "全天候", "guarded": "{0}（{1}）", "filled": "已填 {0}", "op and": "且", "op or": "或", "op not": "非",
    "op ==": "为", "op !=": "不为", "op <=": "≤", "op >=": "≥",
    "cases": "共 {0} 件，未结 {1} 件", "now": "现有 {0} 件", "now late": "现有 {0} 件，其中超时 {1} 件",
    "ended": "结束 {0} 件", "stays": "停留 {0} 次", "within": "50%：{0}；90%：{1}", "times": "{0} 次",
    "cycles": "按时 {0} 次，超时 {1} 次",
})  # fmt: skip
RESERVED = frozenset(("opened_at", "system", "always"))
"""Names of the language itself: nobody declares them, so nobody gives them a title."""
_COMPARED = re.compile(r"\s*([=!<>]=|[<>])\s*")
_JOINED = re.compile(r"\b(?:and|or|not)\b")


@frozen
class Wording:
    """
    The names of one process in one language.

    Raises:
        InputError: If the process has languages, and this is none of them.
    """

    process: Process
    language: str = field()
    phrases: Mapping[str, str] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        languages = self.process.languages
        if languages and self.language not in languages:
            close = nearest(self.language, languages)
            meant = f"; did you mean {close!r}?" if close else ""
            raise InputError(f"{self.language!r} is not one of the languages {', '.join(languages)}{meant}")
        chinese = self.language.partition("-")[0] == "zh"
        object.__setattr__(self, "phrases", CHINESE if chinese else ENGLISH)

    @classmethod
    def of(cls, process: Process, language: str | None) -> Wording:
        """The wording in `language`, or in the first language of the process."""
        return cls(process, language or next(iter(process.languages), "en"))

    def say(self, phrase: str, *parts: object) -> str:
        """One of the fixed phrases with its parts filled in; Chinese brackets bring their own space."""
        return self.phrases[phrase].format(*parts).replace(" （", "（").replace("） ", "）")

    def several(self, names: Iterable[str]) -> str:
        """Names in a row."""
        return self.phrases["and"].join(names)

    def name(self, name: str, title: Text | None = None) -> str:
        """What people call it: its title, its label, or its name read as words."""
        return self.called(name, title) or (name.replace("_", " ").capitalize() if name.isascii() else name)

    def called(self, name: str, title: Text | None = None) -> str | None:
        """Its title or its label, if somebody wrote one in this language."""
        for texts in (title, self.process.labels.get(name)):
            found = texts and (texts.get(self.language) or texts.get(""))
            if found:
                return found
        return None

    def state(self, index: int) -> str:
        """A state with the groups around it: `Repair / Remote`."""
        states = self.process.states
        return " / ".join(self.name(states[one].name, states[one].title) for one in self.line(index))

    def line(self, index: int) -> tuple[int, ...]:
        """A state and the groups around it, outer first."""
        return tuple(reversed(self.process.chart.tree.paths[index]))

    def field(self, name: str) -> str:
        """A field."""
        declared: Field | None = self.process.fields.get(name)
        title = None if declared is None else declared.title
        return self.name(name, title) if name not in RESERVED else self.called(name, title) or self.phrases[name]

    def role(self, name: str) -> str:
        """A role."""
        return self.name(name) if name not in RESERVED else self.called(name) or self.phrases[name]

    def calendar(self, name: str) -> str:
        """A calendar, by its label or just as it is written."""
        return self.called(name) or (self.phrases[name] if name in RESERVED else name)

    def title(self) -> str:
        """The process itself."""
        return self.name(self.process.name, self.process.title)

    def people(self, people: People) -> str:
        """Who may act."""
        names = (*(self.role(role) for role in sorted(people.roles)), *map(self.field, people.fields))
        return self.several(names)

    def bars(self, bars: Bars) -> str:
        """Who may not act; of a group and its inner states only the group is named."""
        paths = [self.process.paths[path] for path in bars.states if path in self.process.paths]
        outer = [one for one in sorted(paths) if not set(self.line(one)[:-1]) & set(paths)]
        states = self.say("not_by", self.several(map(self.state, outer))) if outer else ""
        fields = self.say("not_by_field", self.several(map(self.field, bars.fields))) if bars.fields else ""
        return self.phrases["and"].join(filter(None, (states, fields)))

    def qualified(self, qualified: Qualified | None) -> str:
        """What whoever acts must be qualified for; nothing where nothing is needed."""
        if qualified is None:
            return ""
        needs = self._needs(qualified.needs)
        if qualified.per is not None:
            rows = [self.say("row", self.name(value), self._needs(row)) for value, row in qualified.rows.items()]
            rows.append(self.say("row", self.phrases["default"], needs))
            needs = self.say("per", self.field(qualified.per), self.phrases["several"].join(rows))
        return self.say("qualified", needs)

    def _needs(self, needs: Mapping[str, int]) -> str:
        levels = (
            self.name(one) if level == 1 else self.say("level", self.name(one), level) for one, level in needs.items()
        )
        return self.several(levels) or self.phrases["none"]

    def promise(self, promise: Promise) -> str:
        """A time, a window or a table of them."""
        if isinstance(promise, Table):
            rows = [self.say("row", self.name(value), self._row(row)) for value, row in promise.rows.items()]
            if promise.default is not None:
                rows.append(self.say("row", self.phrases["default"], self._row(promise.default)))
            return self.say("per", self.field(promise.by), self.several(rows))
        if isinstance(promise, Agreed):
            return self._agreed(promise)
        if isinstance(promise, Time):
            said = self.say(promise.unit, promise.amount)
        else:
            said = self.say("dates", promise.first, promise.last)
            said = self.say("working", said) if promise.working else said
        if promise.calendar != self.process.calendar:
            said = self.say("on", said, self.calendar(promise.calendar))
        if promise.since is None:
            return said
        return self.say("since", said, self.field(promise.since))

    def _agreed(self, promise: Agreed) -> str:
        said = self.field(promise.by)
        if promise.default is not None:
            return self.say("or_else", said, self._row(promise.default))
        return said if promise.since is None else self.say("since", said, self.field(promise.since))

    def span(self, field: Field) -> str:
        """What times a field takes, and on which calendars."""
        shortest, longest = (self.say(unit, amount) for amount, unit in (end.largest for end in field.ends))
        said = self.say("span", shortest, longest)
        return self.say("on", said, self.several(map(self.calendar, field.calendars))) if field.calendars else said

    def _row(self, promise: Promise) -> str:
        said = self.promise(promise)
        return self.say("rows", said) if isinstance(promise, Table) else said

    def timer(self, after: After) -> str:
        """When something happens after a time."""
        return self.say("every" if after.every else "after", self._row(after.promise))

    def event(self, rule: Rule) -> str:
        """What people call an event; times are said as times elsewhere."""
        if rule.kind == "auto":
            return self.phrases["auto"]
        if rule.kind == "done" and not rule.title and rule.name not in self.process.labels:
            return self.phrases["event_done"]
        return self.name(rule.name, rule.title)

    def target(self, alternative: Alternative) -> str:
        """Where an alternative leads."""
        if alternative.target is None:
            return self.phrases[alternative.kind]
        state = self.state(alternative.target)
        return self.say("last", state) if alternative.kind == "last" else state

    def condition(self, condition: Condition) -> str:
        """A condition in the order in which it is written, with the words people know for all that is in it."""
        said, done = "", 0
        for node in (one for one in walk(condition.tree) if not parts(one)):
            said += self._operators(condition.text[done : node.start]) + self._operand(node, condition.text)
            done = node.end
        return said + condition.text[done:]

    def _operand(self, node: Tree, text: str) -> str:
        written = text[node.start : node.end]
        match node:
            case Read():
                return self.field(node.name)
            case Filled():
                return self.say("filled", self.field(node.name))
            case Value(value=str() as word) if written == word:
                return self.name(word)
            case _:
                return written

    def _operators(self, text: str) -> str:
        """What stands between fields and values, in words; signs that touch what they compare get their room."""
        spaced = _COMPARED.sub(lambda found: f" {self._operator(found[1])} ", text)
        return _JOINED.sub(lambda found: self._operator(found[0]), spaced)

    def _operator(self, sign: str) -> str:
        return self.phrases.get(f"op {sign}", sign)

    def guard(self, alternative: Alternative) -> str:
        """Under which condition and how often an alternative is taken."""
        said = [] if alternative.when is None else [self.say("if", self.condition(alternative.when))]
        if alternative.share is not None:
            said.append(self.say("share", alternative.share.text))
        if alternative.max is not None:
            said.append(self.say("max", alternative.max))
        return self.phrases["and"].join(said)

    def alternatives(self, alternatives: Iterable[Alternative]) -> str:
        """All ways an event can go, in the order they are tried."""
        said = []
        for one in alternatives:
            guard = self.guard(one)
            said.append(self.say("guarded", self.target(one), guard) if guard else self.target(one))
        return self.phrases["else"].join(said)

    def kind(self, state: State) -> str:
        """What is special about a state."""
        said = [self.phrases[state.end]] if state.end is not None else []
        if state.parallel:
            said.append(self.phrases["parallel"])
        if state.run is not None:
            said.append(self.say("run", self.name(state.run)))
        return self.phrases["and"].join(said)
