"""A machine written down as a process file, the way a person would write it: short forms, one line per thing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve, field, frozen

from svcflow.interchange.naming import Names
from svcflow.interchange.notes import Note
from svcflow.interchange.sketch import Arrow, Node, Path, Sketch, said

WIDTH = 110
_FEW = 3
"""From so many states on an event is written once, under `anywhere`."""

_CANCELLED = re.compile("cancel|abort|reject|refuse|decline|withdraw|取消|撤销|作废|拒绝", re.IGNORECASE)
_UNSAFE = re.compile("[^ -~\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


@frozen
class Header:
    """What the process is called, and who acts in it until somebody says more."""

    process: str
    role: str


@frozen(eq=False)
class Writer:
    """Writes one machine; `notes` collects what it could not say."""

    sketch: Sketch
    names: Names
    header: Header
    notes: list[Note] = field(factory=list)
    shared: Mapping[str, tuple[Path, ...]] = field(init=False)
    """Events that are the same in several states, and where."""
    titled: bool = field(init=False)
    """Whether the states need titles, because some of them had to be called differently: then all get one."""

    def __attrs_post_init__(self) -> None:
        differs = any(old[-1] != new[-1] for old, new in self.names.states.items())
        object.__setattr__(self, "titled", differs)
        object.__setattr__(self, "shared", dict(self._shared()))

    def text(self) -> str:
        """The whole file."""
        states = ["states:", *self._indented(line for path in self.sketch.top for line in self._state(path))]
        parts = [self._head(), self._declared(), self._anywhere(), states]
        return "\n\n".join("\n".join(part) for part in parts if part) + "\n"

    # ── the top of the file ───────────────────────────────────────────────────────────────────────────────────────

    def _head(self) -> list[str]:
        remarks = [f"# {_line(remark)}" for remark in self.sketch.remarks]
        self.notes.extend(Note("machine", remark) for remark in self.sketch.remarks)
        self.notes.append(Note(f"role {self.header.role}", "everybody acts in it: name your roles at the states"))
        timed = any(node.timeout is not None for node in self.sketch.nodes.values())
        return [
            "# Imported from a state machine.",
            *remarks,
            f"process: {self.header.process}",
            "version: 1",
            *(["calendar: always"] if timed else []),
            f"roles: [{self.header.role}]   # everybody, for now: name your roles, and write `by:` where they act",
            f"by: {self.header.role}",
        ]

    def _declared(self) -> list[str]:
        lines = []
        flags = list(dict.fromkeys(self.names.flags.values()))
        if flags:
            lines += ["# What the machine asked its own code: your application answers it with the event."]
            lines += _wrapped("fields: {", [f"{flag}: flag" for flag in flags], "}")
            self.notes.append(Note("conditions", f"asked with the event, as flags: {', '.join(flags)}"))
        hooks = sorted({self.names.hooks[name] for name in self._used_hooks()})
        if hooks:
            lines += ["# What the machine called: register these in your application."]
            lines += _wrapped("hooks: [", hooks, "]")
            self.notes.append(Note("callbacks", f"called after the event is stored, as hooks: {', '.join(hooks)}"))
        return lines

    def _used_hooks(self) -> Iterator[str]:
        for path, node in self.sketch.nodes.items():
            yield from self._entering(path)
            if node.timeout is not None and not self._ends(path):
                yield from node.timeout.hooks
            if self._completes(path):
                yield from node.over
            for arrow in self.sketch.by_source.get(path, ()):
                yield from self._calls(arrow)

    def _shared(self) -> Iterator[tuple[str, tuple[Path, ...]]]:
        found: dict[str, dict[Path, tuple[Arrow, ...]]] = {}
        for path in self.sketch.nodes:
            for event, arrows in self.sketch.events(path).items():
                found.setdefault(event, {})[path] = arrows
        for event, places in found.items():
            meant = {tuple(evolve(arrow, source=(), before=self._calls(arrow), after=()) for arrow in arrows)
                     for arrows in places.values()}  # fmt: skip
            if len(meant) == 1 and (len(places) >= _FEW or (len(places) > 1 and self._everywhere(places))):
                yield event, tuple(places)

    def _everywhere(self, places: Iterable[Path]) -> bool:
        return set(places) == {path for path in self.sketch.top if not self._ends(path)}

    def _anywhere(self) -> list[str]:
        if not self.shared:
            return []
        lines = []
        for event, places in self.shared.items():
            words = (
                [] if self._everywhere(places) else [("in", _row(self.names.reference(one, None) for one in places))]
            )
            lines += self._event(event, self.sketch.events(places[0])[event], None, words)
        return ["anywhere:", *self._indented(lines)]

    # ── states ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _state(self, path: Path) -> Iterator[str]:
        node = self.sketch.nodes[path]
        yield from self._comments(f"state {said(path)}", (*node.remarks, *self._not_carried(node)))
        name = self.names.states[path][-1]
        inner = list(self._inside(node))
        if self._ends(path):
            kind = "cancelled" if len(path) == 1 and _CANCELLED.search(path[-1]) else "done"
            inner = [f"end: {kind}", *inner]
            if not node.final:
                self.notes.append(Note(f"state {said(path)}", f"nothing leads out of it, so it is an end: {kind}"))
        if self._ends(path) or not inner:
            yield f"{name}: {{{', '.join(inner)}}}"
        else:
            yield f"{name}:"
            yield from self._indented(inner)

    def _inside(self, node: Node) -> Iterator[str]:
        path = node.path
        if self.titled:
            yield f"title: {_quoted(path[-1])}"
        calls = self._entering(path)
        if calls:
            yield f"do: {self._do(calls)}"
        if node.parallel:
            yield "parallel: true"
        own = {event: arrows for event, arrows in self.sketch.events(path).items() if event not in self.shared}
        if own or (self._completes(path) and node.over):
            yield "events:"
            for event, arrows in own.items():
                yield from self._indented(self._event(event, arrows, path, []))
            if self._completes(path) and node.over:
                yield f"  done: {{do: {self._do(node.over)}}}"
        if node.timeout is not None and not self._ends(path):
            yield "after:"
            yield f"  {node.timeout.minutes}min: {{do: {self._do(node.timeout.hooks)}}}"
        if node.children:
            yield "states:"
            yield from self._indented(line for child in node.children for line in self._state(child))

    def _entering(self, path: Path) -> tuple[str, ...]:
        node = self.sketch.nodes[path]
        return (*node.enter, *(() if node.children else node.over))

    def _not_carried(self, node: Node) -> Iterator[str]:
        if node.leave and not self._left_by_own_events(node.path):
            yield f"on_exit: {', '.join(node.leave)}; put it under `do` of the events that leave this state"
        if node.over and node.children and not self._completes(node.path):
            yield f"on_final: {', '.join(node.over)}; no inner state is marked as an end"
        if node.timeout is not None and self._ends(node.path):
            yield f"timeout: {', '.join(node.timeout.hooks)} after {node.timeout.minutes} minutes; this is an end"
        if node.final and not self._ends(node.path):
            yield "final in the machine, and events lead on from it, so it is no end"

    def _ends(self, path: Path) -> bool:
        """Whether a state is an end: at the top if nothing leads out of it, inside a group if the machine says so."""
        node = self.sketch.nodes[path]
        if node.children or path in self.sketch.by_source or path == self.sketch.initial:
            return False
        if len(path) == 1:
            return True
        named_done = any(arrow.event == "done" and self.sketch.nodes[arrow.source].children
                         for arrow in self.sketch.arrows)  # fmt: skip
        return node.final and not self.sketch.nodes[path[:-1]].parallel and not named_done

    def _completes(self, path: Path) -> bool:
        node = self.sketch.nodes[path]
        inner = node.children
        if node.parallel:
            return bool(inner) and all(self._completes(child) for child in inner)
        return any(self._ends(child) for child in inner)

    def _left_by_own_events(self, path: Path) -> bool:
        return len(path) == 1 and not self.sketch.nodes[path].children

    # ── events ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _event(self, event: str, arrows: tuple[Arrow, ...], at: Path | None, words: list[tuple[str, str]]) -> list[str]:
        """One event: in one line if it has one way to go and fits, else its alternatives line by line."""
        lines = list(self._comments(f"event {event}", dict.fromkeys(one for arrow in arrows for one in arrow.remarks)))
        name = self.names.events[event]
        before = [("title", _quoted(event))] if name != event else []
        asked = self._asked(event, arrows)
        before += [("ask", _row(asked))] if asked else []
        if len(arrows) == 1:
            pairs = [*self._way(arrows[0], at), *before, *words]
            target, *more = pairs
            return [*lines, f"{name}: {target[1]}" if not more else f"{name}: {{{_flow(pairs)}}}"]
        ways = [self._way(arrow, at) for arrow in arrows]
        return [
            *lines,
            f"{name}:",
            *(f"  {word}: {value}" for word, value in (*before, *words)),
            "  to:",
            *(f"    - {way[0][1] if len(way) == 1 else f'{{{_flow(way)}}}'}" for way in ways),
        ]

    def _way(self, arrow: Arrow, at: Path | None) -> list[tuple[str, str]]:
        target = "here" if arrow.target is None else self.names.reference(arrow.target, at)
        pairs = [("to", target)]
        if arrow.guards:
            asked = (("" if guard.wanted else "not ") + self.names.flags[guard.name] for guard in arrow.guards)
            pairs.append(("when", " and ".join(asked)))
        calls = self._calls(arrow)
        if calls:
            pairs.append(("do", self._do(calls)))
        return pairs

    def _calls(self, arrow: Arrow) -> tuple[str, ...]:
        leave = self.sketch.nodes[arrow.source].leave
        leaving = leave if arrow.target is not None and self._left_by_own_events(arrow.source) else ()
        return (*arrow.before, *leaving, *arrow.after)

    def _asked(self, event: str, arrows: tuple[Arrow, ...]) -> tuple[str, ...]:
        """The flags that an event asks for: also those of the groups around, which are tried when it goes nowhere."""
        source = arrows[0].source
        around = [arrow for end in range(len(source), 0, -1) for arrow in self.sketch.by_source.get(source[:end], ())]
        guards = [guard for arrow in around if arrow.event == event for guard in arrow.guards]
        return tuple(dict.fromkeys(self.names.flags[guard.name] for guard in guards))

    def _do(self, calls: Iterable[str]) -> str:
        return f"{{hook: {_row(dict.fromkeys(self.names.hooks[name] for name in calls))}}}"

    def _comments(self, about: str, remarks: Iterable[str]) -> Iterator[str]:
        for remark in remarks:
            self.notes.append(Note(about, remark))
            yield f"# {_line(remark)}"

    def _indented(self, lines: Iterable[str]) -> Iterator[str]:
        return (f"  {line}" for line in lines)


def _row(names: Iterable[str]) -> str:
    """One name alone, or several as a list."""
    row = list(names)
    return row[0] if len(row) == 1 else f"[{', '.join(row)}]"


def _flow(pairs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{word}: {value}" for word, value in pairs)


def _wrapped(opening: str, items: list[str], closing: str) -> list[str]:
    lines = [opening]
    for place, item in enumerate(items):
        piece = item + ("," if place + 1 < len(items) else closing)
        if len(lines[-1]) + len(piece) + 1 > WIDTH:
            lines.append(" " * len(opening) + piece)
        else:
            lines[-1] += piece if place == 0 else f" {piece}"
    return lines


def _line(text: str) -> str:
    """A text as a comment: on one line, without what may not stand in a file."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.split()))


def _quoted(text: str) -> str:
    return json.dumps(_line(text), ensure_ascii=False)
