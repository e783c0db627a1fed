"""What may stand at one kind of place: the schema says it of each word, and the compiler and editors read it there."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

Kind: TypeAlias = Literal[
    "state", "role", "person", "field", "moment", "calendar", "escalation", "table", "hook", "process", "clock",
    "event", "language", "qualification", "duration",
]  # fmt: skip


@frozen
class Space:
    """What a name may mean at one kind of place; `words` are the reserved ones allowed there."""

    code: str
    what: str
    kinds: tuple[Kind, ...]
    words: tuple[str, ...] = ()


@frozen
class Declares:
    """A mark of the schema: a name given here to a thing of this kind."""

    kind: Kind


@frozen
class Short:
    """A mark of the schema: a text is short for a mapping with this `word`; with `listed`, a list of names as well."""

    word: str = ""
    listed: bool = False


@frozen
class Written:
    """
    A mark of the schema: how a text is written, and what the names in it may mean.

    `pattern` means the same to Python and to ECMAScript, and `told` says it in words; without one, it takes more than
    a pattern to read the text. `loose`: what YAML by itself takes for a number or a truth is a text here, too.
    """

    pattern: str = ""
    told: str = ""
    spaces: tuple[Space, ...] = ()
    loose: bool = False


STATE = Space("SF201", "state", ("state",))
TARGET = Space("SF201", "state", ("state",), ("here", "back"))
ACTED = Space("SF201", "state or person field", ("state", "person"))
WHO = Space("SF202", "role or person field", ("role", "person"), ("system",))
TOLD = Space("SF202", "role or person field", ("role", "person"), ("responsible",))
FIELD = Space("SF203", "field", ("field",))
SINCE = Space("SF203", "date or datetime field", ("moment",))
CALENDAR = Space("SF204", "calendar", ("calendar",), ("always",))
ESCALATION = Space("SF205", "escalation", ("escalation",))
TABLE = Space("SF205", "table of promised times", ("table", "duration"))
HOOK = Space("SF206", "hook", ("hook",))
PROCESS = Space("SF207", "process", ("process",))
CLOCK = Space("SF208", "SLA clock", ("clock",), ("all",))
EVENT = Space("SF215", "event", ("event",))
SIGHT = Space("SF203", "field", ("field",), ("all",))
ASKED = Space("SF402", "field", ("field",))
QUALIFICATION = Space("SF218", "qualification", ("qualification",), ("none",))
MIGRATED = Space("SF703", "state", ("state",))
LANGUAGE = Space("SF803", "language", ("language",))
