"""
What an engine must answer: the model, asked the same, with what it does not know itself: keys, ids, what may be erased.

An answer is one word: `done`, the code of a refusal, or the name of an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from svcflow.core.case import Case
from svcflow.core.decision import Refusal
from svcflow.core.event import SYSTEM, Actor, Event, Recalendar
from svcflow.core.event import Erase as EraseInput
from svcflow.core.event import Migrate as MigrateInput
from svcflow.core.event import Note as NoteInput
from svcflow.core.form import LONGEST_TEXT, is_blank, read_value
from svcflow.core.process import Process
from svcflow.errors import SvcflowError
from svcflow.testing.pure import Pure
from svcflow.testing.trace import CASE, Erase, Note, Open, Send

DONE = "done"
KEY_CONFLICT, NOT_FOUND, INPUT = "KeyConflict", "CaseNotFound", "InputError"
LONGEST_NAME = 1_000

Asked: TypeAlias = Open | Send | Note | Erase
"""What somebody asks and is answered."""


class Twin:
    """The model with an ear for what engines are told: it follows, and says what they must answer."""

    def __init__(self, pure: Pure) -> None:
        self.pure = pure
        self._keys: dict[tuple[str, str], Open | Send | Note] = {}

    def copy(self) -> Twin:
        """The same model, to be asked other things from here on."""
        other = Twin(self.pure.copy())
        other._keys = dict(self._keys)
        return other

    def answer(self, asked: Asked, told: str) -> str | None:
        """
        Let it happen, and say how it goes; None where only the engine's own answer, `told`, can say it.
        """
        if not _plain(asked):  # Such names no store need keep, and it is not for the model to say where that shows.
            if told == DONE:
                self._happen(asked)
            return None
        if isinstance(asked, Note) and not asked.text.strip():
            return INPUT
        if isinstance(asked, Erase) and not asked.reason.strip():
            return INPUT
        if not isinstance(asked, Open) and not self.pure.stands(asked.case):
            return NOT_FOUND
        if not isinstance(asked, Erase) and asked.key is not None:
            earlier = self._keys.get((_scope(asked), asked.key))
            if earlier is not None:
                return self._again(earlier, asked)
        if isinstance(asked, Open):
            unknown = _word(partial(self._find, asked.process))
            if unknown != DONE:
                return unknown
        return self._happen(asked)

    def known(self, asked: Asked) -> bool:
        """Whether its key stands for something already."""
        return not isinstance(asked, Erase) and asked.key is not None and (_scope(asked), asked.key) in self._keys

    def migrate(self, ids: Iterable[str], version: int) -> dict[str, str]:
        """Bring cases to a version; how each of them answers."""
        move = MigrateInput(version, SYSTEM)
        return {case: _word(partial(self.pure.give, case, move)) for case in ids}

    def recalendar(self, written: Mapping[str, Case]) -> None:
        """Let each case count on the days on which it counts in the store."""
        for case in sorted(written.values(), key=lambda case: (case.opened_at, case.id)):
            ours = self.pure.cases.get(case.id)
            if ours is not None and ours.days != case.days:
                self.pure.give(case.id, Recalendar(case.version, case.days, SYSTEM))

    def wait(self, until: datetime) -> datetime:
        """Let time pass, to an instant or as far as a wait goes; when that is."""
        self.pure.wait(until)
        return self.pure.now

    # ── one thing asked ────────────────────────────────────────────────────────────────────────────────────────

    def _happen(self, asked: Asked) -> str:
        if isinstance(asked, Erase):
            return self._erase(asked)
        answer = _word(lambda: self._ask(asked))
        if answer == DONE and asked.key is not None:
            self._keys[asked.case or CASE, asked.key] = asked
            self._keys[_scope(asked), asked.key] = asked
        return answer

    def _ask(self, asked: Open | Send | Note) -> Refusal | None:
        match asked:
            case Open():
                case = asked.case or CASE
                return self.pure.open(asked.process, asked.fields, actor=asked.actor, case=case, key=asked.key)
            case Send():
                return self.pure.give(asked.case, Event(asked.event, asked.fields, asked.actor, asked.key))
            case Note():
                return self.pure.give(asked.case, NoteInput(asked.text, asked.actor, asked.key))

    def _find(self, process: str) -> None:
        self.pure.processes.newest("", process)

    def _erase(self, asked: Erase) -> str:
        private = self.pure.private(asked.case)
        wanted = frozenset(asked.fields) or private
        if not wanted <= private:
            return INPUT
        fields = self.pure.held(asked.case) & wanted
        if not fields:
            return DONE
        answer = _word(lambda: self.pure.give(asked.case, EraseInput(fields, asked.reason, asked.actor)))
        self.pure.forget(asked.case, fields)
        return answer

    def _again(self, earlier: Open | Send | Note, asked: Open | Send | Note) -> str | None:
        """How a key is answered that came before: as then with the same content, else it is a conflict."""
        if _meant(earlier) != _meant(asked) or _filled(earlier).keys() != _filled(asked).keys():
            return KEY_CONFLICT
        if _filled(earlier) == _filled(asked):
            return DONE
        case = self.pure.cases[earlier.case or CASE]
        process = self.pure.processes.of(case)
        other = [name for name, value in _filled(asked).items() if value != _filled(earlier)[name]]
        if any(name in self.pure.private(case.id) for name in other):
            return None  # It may have been erased, and then it is taken on trust.
        same = all(_read(process, name, _filled(earlier)) == _read(process, name, _filled(asked)) for name in other)
        return None if same else KEY_CONFLICT


def _scope(asked: Open | Send | Note) -> str:
    """Within what a key is unique: the store for openings, else the case."""
    return "" if isinstance(asked, Open) else asked.case


def _meant(asked: Open | Send | Note) -> tuple[object, ...]:
    """What is asked, by whom; the roles of an actor may change between two requests."""
    who = (asked.actor.id, asked.actor.on_behalf_of)
    match asked:
        case Open():
            return (Open, asked.process, who)
        case Send():
            return (Send, asked.event, who)
        case Note():
            return (Note, asked.text, who)


def _filled(asked: Open | Send | Note) -> Mapping[str, Any]:
    return {} if isinstance(asked, Note) else asked.fields


def _read(process: Process, name: str, values: Mapping[str, Any]) -> object:
    declared = process.fields.get(name)
    if declared is None or is_blank(values[name]):
        return None
    return read_value(declared, values[name])


def _word(ask: Callable[[], Refusal | None]) -> str:
    try:
        refusal = ask()
    except SvcflowError as problem:
        return type(problem).__name__
    return DONE if refusal is None else refusal.code


def _plain(asked: Asked) -> bool:
    """Whether its names are such as any store keeps: not too long, and without half characters."""
    texts = [*_names(asked.actor), asked.case]
    key = None if isinstance(asked, Erase) else asked.key
    if key is not None:
        texts.append(key)
    if isinstance(asked, Note):
        return key != "" and len(asked.text) <= LONGEST_TEXT and all(map(_keepable, [*texts, asked.text]))
    if isinstance(asked, Erase):
        return len(asked.reason) <= LONGEST_TEXT and all(map(_keepable, [*texts, asked.reason]))
    return key != "" and all(len(text) <= LONGEST_NAME and _keepable(text) for text in texts)


def _names(actor: Actor) -> Iterator[str]:
    yield from (actor.id, *actor.roles, *actor.groups)
    if actor.on_behalf_of is not None:
        yield actor.on_behalf_of


def _keepable(text: str) -> bool:
    return "\0" not in text and text.encode(errors="ignore").decode() == text
