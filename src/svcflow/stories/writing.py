"""A walk written down as a story, the way a person would write it; run again, it says what the walk saw."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from types import MappingProxyType
from typing import TypeAlias

from svcflow.core.decision import HookCall
from svcflow.core.event import SYSTEM, Actor, Qualification
from svcflow.core.process import Process
from svcflow.errors import FoundRefusal
from svcflow.stories.moments import written_moment
from svcflow.stories.names import NOTIFY
from svcflow.stories.walk import Outcome, Walk

Pair: TypeAlias = tuple[str, str]

_PLAIN = re.compile(r"[^\W_][\w /%+@.-]*(?::[\w/+.-]+[\w /%+@.-]*)*(?<![\s:])|[\w]+")
_HIDDEN = re.compile("[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_REASONS = MappingProxyType({"forbidden": "by", "barred": "not_by", "unqualified": "qualified"})
"""Refusals that an author knows by another word."""


def written(walk: Walk, title: str) -> str:
    """The text of a story that tells a walk."""
    zone = walk.process.calendars[walk.process.calendar].zone
    head = [
        f"story: {scalar(title)}",
        f"process: {walk.process.name}",
        f"start: {scalar(written_moment(walk.start, zone))}",
        *_people(walk.outcomes, zone),
        "steps:",
    ]
    steps = [step for outcome, since in _told(walk) if (step := list(_step(outcome, since, walk, zone)))]
    steps[-1:] = [[*steps[-1], *_clocks(walk)]] if steps and walk.desk.course else []
    lines = [f"{'  - ' if not number else '    '}{line}" for step in steps for number, line in enumerate(step)]
    return "\n".join([*head, *lines]) + "\n"


def _told(walk: Walk) -> Iterator[tuple[Outcome, datetime]]:
    """The outcomes worth a step, each with the time of the step above: time in which nothing happened is none."""
    since = walk.start
    for outcome in walk.outcomes:
        if outcome.deed.until is None or outcome.happened or outcome.calls or outcome is walk.outcomes[-1]:
            yield outcome, since
            since = outcome.at


def _people(outcomes: Iterable[Outcome], zone: tzinfo) -> Iterator[str]:
    actors = {outcome.deed.actor.id: outcome.deed.actor for outcome in outcomes if outcome.deed.actor is not None}
    actors.pop(SYSTEM.id, None)
    if actors:
        yield "people:"
        yield from (f"  {scalar(name)}: {_person(actor, zone)}" for name, actor in actors.items())


def _person(actor: Actor, zone: tzinfo) -> str:
    if len(actor.roles) == 1 and not actor.groups and actor.on_behalf_of is None and not actor.qualifications:
        return scalar(*actor.roles)
    words = [("roles", row(sorted(actor.roles)))] * bool(actor.roles)
    words += [("groups", row(sorted(actor.groups)))] * bool(actor.groups)
    words += [("for", scalar(actor.on_behalf_of or ""))] * (actor.on_behalf_of is not None)
    if actor.qualifications:
        words.append(("qualifications", flow((name, _held(one, zone)) for name, one in actor.qualifications.items())))
    return flow(words)


def _held(held: Qualification, zone: tzinfo) -> str:
    if held.until is None:
        return str(held.level)
    return flow([("level", str(held.level)), ("until", scalar(written_moment(held.until, zone)))])


def _step(outcome: Outcome, since: datetime, walk: Walk, zone: tzinfo) -> Iterator[str]:
    deed = outcome.deed
    if outcome.at != since:
        yield f"at: {scalar(written_moment(outcome.at, zone))}"
    if deed.case is not None:
        yield f"in: {deed.case}"
    if deed.actor is not None:
        yield f"by: {scalar(deed.actor.id)}"
        word = "open" if deed.event is None else "with"
        if deed.event is not None:
            yield f"send: {scalar(deed.event)}"
        if deed.form or deed.event is None:
            yield f"{word}: {flow((name, _value(value)) for name, value in deed.form.items())}"
    if outcome.refusal is not None:
        yield f"refused: {_reason(outcome.refusal)}"
    if outcome.states:
        yield f"state: {row(outcome.states)}"
    yield from _does(outcome, walk)


def _reason(refusal: FoundRefusal) -> str:
    problems = refusal.parameters.get("problems")
    word = _REASONS.get(refusal.code, refusal.code)
    return flow([(word, row(problems))]) if isinstance(problems, Mapping) else word


def _does(outcome: Outcome, walk: Walk) -> Iterator[str]:
    hooks = dict.fromkeys(call.hook for call in outcome.calls if call.hook != NOTIFY)
    notices = {
        name: call.message
        for call in outcome.calls
        if call.hook == NOTIFY
        for name in _names(call, walk.of(call.process))
    }
    starts = dict.fromkeys(
        happening.process
        for happening in outcome.happened
        if happening.entry.kind == "opened" and happening.process != walk.process.name
    )
    words = [("hook", row(hooks))] * bool(hooks)
    words += [("notify", _notices(notices))] * bool(notices)
    words += [("start", row(starts))] * bool(starts)
    if words:
        yield f"does: {flow(words)}"


def _clocks(walk: Walk) -> Iterator[str]:
    """How the clocks stand at the end."""
    case = walk.desk.case(walk.outcomes[-1].deed.case)
    views = [view for view in walk.desk.engine.clocks(case.id) if view.kind == "clock"]
    stands = {view.name: "late" if view.late else "met" if view.met else view.state for view in views}
    if stands:
        yield f"clocks: {flow(stands.items())}"


def _names(call: HookCall, process: Process) -> Iterator[str]:
    """Whom a message went to, by the names that the process has for them."""
    persons = [name for name, declared in process.fields.items() if declared.kind == "person"]
    for recipient in call.to:
        if recipient.kind == "person":
            yield next(name for name in persons if call.fields.get(name) == recipient.name)
        else:
            yield recipient.name


def _notices(notices: Mapping[str, str | None]) -> str:
    if all(message is None for message in notices.values()):
        return row(notices)
    return flow((name, scalar(message) if message else "{}") for name, message in notices.items())


# ── YAML ───────────────────────────────────────────────────────────────────────────────────────────────────────


def scalar(text: str) -> str:
    """A text as YAML, in quotes where it would not be read as it is."""
    if _PLAIN.fullmatch(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _HIDDEN.sub(lambda found: f"\\U{ord(found[0]):08x}", quoted)


def row(texts: Iterable[str]) -> str:
    """Texts as a list, a lone one as itself."""
    items = [scalar(text) for text in texts]
    return items[0] if len(items) == 1 else f"[{', '.join(items)}]"


def flow(pairs: Iterable[Pair]) -> str:
    """A mapping on one line."""
    return f"{{{', '.join(f'{scalar(name)}: {value}' for name, value in pairs)}}}"


def _value(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(scalar(str(item)) for item in value)}]"
    return scalar(str(value))
