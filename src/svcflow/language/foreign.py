"""Words of other workflow languages, and how the same thing is written here."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from svcflow.core.spelling import nearest

_MEANT: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "transitions": ("events",), "on": ("events",), "triggers": ("events",), "actions": ("do", "events"),
    "condition": ("when",), "conditions": ("when",), "guard": ("when",), "guards": ("when",), "if": ("when",),
    "cond": ("when",), "target": ("to",), "goto": ("to",), "next": ("to",), "dest": ("to",), "destination": ("to",),
    "then": ("to", "do"), "role": ("by",), "roles": ("by",), "actor": ("by",), "actors": ("by",), "assignee": ("by",),
    "assign": ("by",), "assigned_to": ("by",), "who": ("by",), "allowed": ("by",), "permissions": ("by",),
    "users": ("by",), "user": ("by",), "candidates": ("by",), "exclude": ("not_by",), "excluding": ("not_by",),
    "except": ("not_by",), "not": ("not_by",), "timeout": ("after", "limit", "target"), "deadline": ("limit", "target"),
    "due": ("limit", "target"), "sla": ("limit", "target"), "duration": ("target", "limit"), "timer": ("after",),
    "timers": ("after",), "delay": ("wait", "after"), "form": ("ask",), "fields": ("ask",), "required": ("ask",),
    "input": ("ask",), "inputs": ("ask",), "data": ("ask", "fields"), "optional": ("may",), "terminal": ("end",),
    "label": ("title", "labels"), "description": ("title",), "final": ("end",), "subprocess": ("run",),
    "name": ("title", "process"), "call": ("run", "hook"), "child": ("run",), "children": ("states",),
    "substates": ("states",), "steps": ("states",),
    "nodes": ("states",), "activities": ("states",), "tasks": ("states",), "entry": ("do",), "onentry": ("do",),
    "on_entry": ("do",), "enter": ("do",), "effects": ("do",), "action": ("do",), "tz": ("timezone",),
    "zone": ("timezone",), "time_zone": ("timezone",), "working_hours": ("hours",), "workdays": ("days",),
    "start": ("from",), "begin": ("from", "open"), "stop": ("until",), "variables": ("fields",), "vars": ("fields",),
    "properties": ("fields",), "attributes": ("fields",), "import": ("use",), "imports": ("use",), "include": ("use",),
    "extends": ("use",), "id": ("process", "title"), "workflow": ("process",), "webhook": ("hook",), "hooks": ("hook",),
    "webhooks": ("hook",), "email": ("notify",), "mail": ("notify",), "sms": ("notify",), "tell": ("notify",),
    "raise": ("send",), "emit": ("send",), "update": ("set",), "assignments": ("set",), "escalate": ("escalation",),
    "repeat": ("max",), "times": ("max",), "percent": ("share",), "sample": ("share",), "probability": ("share",),
    "slas": ("sla",), "clocks": ("sla",), "migrations": ("migrate",),
    "global": ("anywhere",), "outputs": ("gives",), "returns": ("gives",), "output": ("gives",),
    "secret": ("private",), "sensitive": ("private",), "visible_to": ("seen_by",), "visibility": ("seen_by",),
    "viewers": ("seen_by",), "sees": ("seen_by",), "translations": ("labels",), "i18n": ("labels",),
    "rows": ("table",), "by_field": ("per",), "key": ("per",), "holiday": ("holidays",), "exceptions": ("except",),
})  # fmt: skip

_OTHERWISE: Mapping[str, str] = MappingProxyType({
    "initial": "leave it out: a case begins in the first state of the file",
    "initial_state": "leave it out: a case begins in the first state of the file",
    "exit": "nothing is done on leaving a state: put it under `do` of the event that leaves it",
    "on_exit": "nothing is done on leaving a state: put it under `do` of the event that leaves it",
    "onexit": "nothing is done on leaving a state: put it under `do` of the event that leaves it",
    "else": "write one more alternative without `when`: the first that fits is taken",
    "otherwise": "write one more alternative without `when`: the first that fits is taken",
    "history": "write `to: X.last` where the case should return",
    "machine": "a file does not say which machine runs it: the application does, in `Engine(machine=...)`",
    "comment": "write it after `#`",
    "script": "no code in definitions: let the host do it in a `hook`",
    "code": "no code in definitions: let the host do it in a `hook`",
})  # fmt: skip


def several(text: str) -> str | None:
    """Several names in one text as a list: `agent, engineer` without brackets, or parted by other signs; else None."""
    names = [part.strip() for part in re.split(r"[,，、;；\t]|\s{2,}", text.strip("[]【】 "))]
    if len(names) == 1 or not all(names):
        return None
    return f"[{', '.join(names)}]"


def help_for(word: str, words: Collection[str], elsewhere: Mapping[str, str]) -> tuple[str, str]:
    """
    What to do about an unknown word, and the word that was probably meant (or nothing).

    `words` may stand here; `elsewhere` maps every other word of the language to what it belongs to.
    """
    for meant in _MEANT.get(word.lower(), ()):
        if meant in words:
            return f"here this is written `{meant}`", meant
    if word.lower() in _OTHERWISE:
        return _OTHERWISE[word.lower()], ""
    near = nearest(word, words)
    if near is not None:
        return f"did you mean `{near}`?", near
    if word in elsewhere:
        return f"`{word}` belongs to {elsewhere[word]}: look at the indentation", ""
    return f"its words are {', '.join(sorted(words))}", ""
