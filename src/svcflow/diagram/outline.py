"""The outline of a process: every state with who acts, by when, and where each event leads, to read or to compare."""

from __future__ import annotations

from collections.abc import Iterator

from svcflow.core.process import Process, State, rules_of
from svcflow.core.rule import Rule
from svcflow.diagram.wording import Wording

ARROW = "->"


def text(process: Process, language: str | None = None) -> str:
    """
    An indented outline with titles in `language` (default: the first language of the process).

    Raises:
        InputError: If the process has languages, and `language` is none of them.
    """
    return "\n".join(_lines(process, Wording.of(process, language))) + "\n"


def _lines(process: Process, words: Wording) -> Iterator[str]:
    yield f"{words.title()} ({process.name}, {words.say('version', process.version)})"
    opening = process.opening
    yield "  " + words.say("open", words.phrases["anyone"] if opening.by is None else words.people(opening.by))
    for clock in process.clocks.values():
        spans = (words.several(map(words.state, sorted(states))) for states in (clock.starts, clock.stops))
        span = words.say("from", *spans) + words.phrases["several"] + words.promise(clock.promise)
        yield "  " + words.say("clock", words.name(clock.name, clock.title), span)
    for rules in _anywhere(process).values():
        states = words.several(words.state(rule.state) for rule in rules)
        yield f"  {_event(words, rules[0], '')}{words.phrases['several']}{words.say('anywhere', states)}"
    start = set(process.chart.opening.entered)
    for state in process.states:
        indent = "  " * (len(words.line(state.index)) - 1)
        if state.parent is None:
            yield ""
        yield indent + _header(words, state, starts=state.index in start)
        yield from (f"{indent}  {line}" for line in (*conditions(words, state), *_events(words, state)))


def _anywhere(process: Process) -> dict[str, list[Rule]]:
    """The events of `anywhere`, each with the rules it is in the states it is offered in."""
    found: dict[str, list[Rule]] = {}
    for rule in process.rules():
        if rule.kind == "anywhere":
            found.setdefault(rule.name, []).append(rule)
    return found


def _header(words: Wording, state: State, *, starts: bool) -> str:
    title, kind = words.name(state.name, state.title), words.kind(state)
    marks = [words.phrases["starts"]] if starts and not state.children else []
    marks += [kind] if kind else []
    name = f" [{state.path}]" if title != state.path else ""
    return f"{title}{name}" + (f": {words.several(marks)}" if marks else "")


def conditions(words: Wording, state: State) -> Iterator[str]:
    """Who acts in a state, and its times, each on a line."""
    outer = None if state.parent is None else words.process.states[state.parent]
    inherited = outer is not None and _acting(outer) == _acting(state)
    if state.by is not None and not (inherited or state.end or state.auto):
        who = (words.say("by", words.people(state.by)), words.bars(state.not_by), words.qualified(state.qualified))
        yield words.phrases["several"].join(filter(None, who))
    if state.wait is not None:
        yield words.say("wait", words.promise(state.wait))
    if state.window is not None:
        yield words.say("window", words.promise(state.window))
    elif state.limit is not None:
        yield words.say("limit", words.promise(state.limit.promise))
    if state.pause:
        clocks = words.process.clocks
        yield words.say(
            "pause", words.several(words.name(one, clocks[one].title) for one in clocks if one in state.pause)
        )


def _acting(state: State) -> tuple[object, ...]:
    return state.by, state.not_by, state.qualified


def _events(words: Wording, state: State) -> Iterator[str]:
    timed = {after.rule.trigger: after for after in state.after}
    for rule in rules_of(state):
        if rule.kind == "anywhere":
            continue
        after = timed.get(rule.trigger) if rule.kind == "after" else None
        if after is None:
            who = "" if rule.by == state.by or rule.by is None else words.people(rule.by)
            yield _event(words, rule, who) + _otherwise(words, rule, state)
        else:
            yield f"- {words.timer(after)} {ARROW} {words.alternatives(rule.alternatives)}"


def _otherwise(words: Wording, rule: Rule, state: State) -> str:
    """What an event needs to be qualified for, where that is not what its state says."""
    if not rule.sent or rule.qualified == state.qualified:
        return ""
    said = words.qualified(rule.qualified) or words.say("qualified", words.phrases["none"])
    return f"{words.phrases['several']}{said}"


def _event(words: Wording, rule: Rule, who: str) -> str:
    if rule.kind == "anywhere" and rule.by is not None:
        who = words.people(rule.by)
    said = f"- {words.event(rule)} {ARROW} {words.alternatives(rule.alternatives)}"
    return f"{said}{words.phrases['several']}{words.say('by', who)}" if who else said
