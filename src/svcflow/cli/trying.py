"""`try`: a case walked by hand on a simulated clock, with menus, forms, what comes next, undo; saved as a story."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, TypeAlias

import typer
from attrs import define, field

from svcflow import language
from svcflow.cli import asking, output
from svcflow.cli.authors import there, told
from svcflow.cli.failures import WrongUse
from svcflow.cli.files import write_whole
from svcflow.cli.form import form_of
from svcflow.cli.options import LanguageOption, held_of, instant_of
from svcflow.cli.refusals import reason
from svcflow.cli.trying_form import filled, split, tell
from svcflow.cli.trying_screen import Screen, happened
from svcflow.cli.words import Words, called
from svcflow.clocks import SystemClock
from svcflow.core.event import SYSTEM, Actor
from svcflow.core.process import Process
from svcflow.core.spelling import nearest
from svcflow.errors import DefinitionError, SvcflowError
from svcflow.language.files import STORY
from svcflow.language.times import Misread
from svcflow.stories.moments import later, read_after, read_moment
from svcflow.stories.walk import Deed, Outcome, Walk
from svcflow.stories.writing import written

Command: TypeAlias = Callable[["Session", list[str]], None]
OPEN = "open"

HELP = """\
  NUMBER or EVENT [FIELD=VALUE]...   do it; what the form still asks for is asked for
  as NAME [ROLE | group=G | for=N]   act as somebody else; `as ROLE` is anybody who holds it; `as` lists people
  as NAME ROLE qualified=NAME:LEVEL  the same, with what they are qualified for
  wait 2h | wait 4h on office        let time pass; also `wait until 10:30`, `wait until mon 09:00`
  next                               let time pass to the next thing that happens by itself
  undo                               take the last thing back
  in PROCESS | in                    go on in the newest case of another process; `in` alone comes back
  fields | course                    what stands in the fields; what has happened so far
  save FILE [TITLE]                  write all of it down as a story
  help | quit
  In a form, `.` gives it up. An event that is called as one of these goes by its number."""


def try_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A process file.", show_default=False)],
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TIME",
            show_default=False,
            help="When it begins, such as 2026-03-09T09:00+08:00; by default now.",
        ),
    ] = None,
    language_: LanguageOption = None,
) -> None:
    """
    Walk a case by hand on a simulated clock: choose what happens, let time pass, take steps back.

    Nothing is written but what you save: a story, which `svcflow test` runs. Lines can come from a file as well.

    Example:
      svcflow try service_ticket.yaml --at 2026-03-09T09:00+08:00 --language en
    """  # fmt: skip
    there([file])
    start = instant_of("--at", at) or SystemClock().now().replace(second=0, microsecond=0)
    try:
        family = language.project(file)
    except DefinitionError as problem:
        raise told(problem, [file]) from problem
    Words.of(family[0], language_)
    asking.ready()
    session = Session(Walk(family, start), language_)
    session.run()


@define
class Session:
    """A walk with a person at the terminal: who acts now, and in which case (None: the walk's own)."""

    walk: Walk
    language: str | None
    actor: Actor = SYSTEM
    case: str | None = None
    people: dict[str, Actor] = field(factory=lambda: {SYSTEM.id: SYSTEM})
    over: bool = False
    saved: int = 0

    def run(self) -> None:
        """Ask what to do until there are no more lines."""
        output.write("`help` says what can be typed; nothing is kept unless you `save` it.")
        self.look()
        while not self.over:
            line = asking.ask(f"\n{called(self.actor)}> ")
            if line is None:
                break
            try:
                self.obey(line)
            except (WrongUse, SvcflowError, Misread, OSError) as problem:
                tell(problem)
        unsaved = len(self.walk.outcomes) - self.saved
        if unsaved > 0:
            output.say(f"{output.count(unsaved, 'step')} not saved")

    def obey(self, line: str) -> None:
        """
        Do what one line says.

        Raises:
            WrongUse: If it says nothing that can be done.
        """
        words = split(line)
        if not words:
            self.look()
        elif words[0] in COMMANDS:
            COMMANDS[words[0]](self, words[1:])
        else:
            self.send(words[0], words[1:])

    # ── what stands on the screen ──────────────────────────────────────────────────────────────────────────────

    @property
    def process(self) -> Process:
        """The process of the case that the person is in."""
        return self.walk.of(self.case)

    @property
    def roles(self) -> frozenset[str]:
        """The roles of all processes that the case may come to."""
        return frozenset().union(*(process.roles for process in self.walk.processes))

    @property
    def opened(self) -> bool:
        """Whether the case is there yet."""
        return bool(self.walk.desk.course)

    def look(self) -> None:
        """Show where the case stands and what can be done."""
        output.show(self.screen.standing() if self.opened else self.screen.beginning())

    @property
    def screen(self) -> Screen:
        """The walk as it stands on the screen."""
        return Screen(self.walk, self.language, self.actor, self.case)

    def must_be_open(self) -> None:
        """
        Make sure that there is a case.

        Raises:
            WrongUse: If there is none.
        """
        if not self.opened:
            raise WrongUse("the case is not open yet", "type `open`")

    def report(self, outcome: Outcome) -> None:
        """Show what a deed came to, and where the case then stands."""
        if outcome.refusal is not None:
            by = outcome.refusal.parameters.get("by")
            roles = [name for name in by or () if name in self.roles]
            hint = f"; try `as {roles[0]}`" if outcome.refusal.code == "forbidden" and roles else ""
            output.write_folded(f"refused: {reason(outcome.refusal)}{hint}")
            return
        output.show(happened(outcome, self.walk, self.language))
        self.look()

    # ── what people do ─────────────────────────────────────────────────────────────────────────────────────────

    def send(self, name: str, words: list[str]) -> None:
        """Send an event, by its name or its number, with the form in the words and in answers."""
        offers = self.screen.offers()
        if name.isdecimal() and 1 <= int(name) <= len(offers):
            name = offers[int(name) - 1].event
        names = [OPEN] if not self.opened else [*self.process.sent]
        if name not in names:
            meant = nearest(name, [*names, *COMMANDS])
            if self.roles.issuperset(words[:1] or [name]):  # As in `li agent`, and in `agent`.
                meant = f"as {' '.join((name, *words))}"
            hint = f"did you mean {output.clean(meant)!r}?" if meant else "see `help`"
            raise WrongUse(f"there is no {output.clean(name)!r}", hint)
        offer = next((one for one in offers if one.event == name), None)
        form: dict[str, Any] | None = dict(form_of(words, None))
        if offer is not None and offer.refusal is None and form is not None:
            form = filled(self.process, self.language, offer, form, more=not words)
        if form is not None:
            case, event = (None, None) if not self.opened else (self.case, name)
            self.report(self.walk.do(Deed(self.actor, event, MappingProxyType(form), case)))


# ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────


def _as(session: Session, words: list[str]) -> None:
    if not words:
        output.write("\n".join(f"  {called(actor)}" for actor in session.people.values()))
        output.write(f"  roles: {', '.join(sorted(session.roles))}")
        return
    name, *rest = words
    known = session.people.get(name)
    session.actor = _somebody(session.roles, name, rest) if known is None or rest else known
    session.people[session.actor.id] = session.actor
    if session.opened:
        output.show(session.screen.menu())


def _somebody(known: frozenset[str], name: str, words: list[str]) -> Actor:
    roles, groups, qualified, stands_for = set[str](), set[str](), list[str](), None
    for word in words:
        kind, sign, value = word.partition("=")
        if not sign:
            if word not in known:
                meant = nearest(word, known)
                hint = f"did you mean {meant!r}?" if meant else f"there are {', '.join(sorted(known))}"
                raise WrongUse(f"no role is called {word!r}", hint)
            roles.add(word)
        elif kind == "group":
            groups.add(value)
        elif kind == "for":
            stands_for = value
        elif kind == "qualified":
            qualified.append(value)
        else:
            raise WrongUse(f"{word!r} is no role, group=GROUP, for=NAME or qualified=NAME:LEVEL")
    if not words and name in known:
        roles.add(name)
    return Actor(name, roles, groups, stands_for, held_of(qualified))


def _wait(session: Session, words: list[str]) -> None:
    text, now = " ".join(words), session.walk.desk.now
    session.must_be_open()
    if not words:
        raise WrongUse("nobody says how long", "type `wait 2h`, or `wait until 10:30`")
    zone = Words.of(session.walk.process, None).zone
    if text.startswith("until "):
        until = read_moment(text.removeprefix("until ").strip()).instant(zone, now)
    else:
        length = read_after(text)
        calendars = session.process.calendars
        if length.calendar is not None and length.calendar not in calendars:
            raise WrongUse(f"no calendar is called {length.calendar!r}", f"there are {', '.join(calendars)}")
        until = later(session.process, length, now)
    session.report(session.walk.do(Deed(case=session.case, until=until)))


def _next(session: Session, _words: list[str]) -> None:
    outcome = session.walk.wait_for_next()
    if outcome is None:
        output.write("nothing happens by itself any more")
    else:
        session.report(outcome)


def _undo(session: Session, _words: list[str]) -> None:
    if session.walk.undo() is None:
        output.write("there is nothing to take back")
        return
    if session.case not in {None, *(case.process for case in session.walk.desk.cases())}:
        session.case = None
    session.look()


def _in(session: Session, words: list[str]) -> None:
    name = words[0] if words else None
    if name is not None and name != session.walk.process.name:
        session.walk.desk.case(name)
        session.case = name
    else:
        session.case = None
    session.look()


def _fields(session: Session, _words: list[str]) -> None:
    session.must_be_open()
    output.show(session.screen.fields())


def _course(session: Session, _words: list[str]) -> None:
    session.must_be_open()
    output.show(session.screen.course())


def _save(session: Session, words: list[str]) -> None:
    if not words:
        raise WrongUse("a story needs a file", f"type `save NAME{STORY}`")
    path = Path(words[0] if words[0].endswith(STORY) else f"{words[0]}{STORY}")
    session.must_be_open()
    if path.exists():
        raise WrongUse(f"{path} is there already", "choose another name")
    write_whole(path, written(session.walk, " ".join(words[1:]) or _title(session.walk)))
    session.saved = len(session.walk.outcomes)
    output.write(f"saved; `svcflow test {path}` runs it")


def _title(walk: Walk) -> str:
    return f"{walk.process.name}, up to {walk.desk.case().state}"


def _help(_session: Session, _words: list[str]) -> None:
    output.write(HELP)


def _quit(session: Session, _words: list[str]) -> None:
    session.over = True


COMMANDS: Mapping[str, Command] = MappingProxyType({
    "as": _as, "wait": _wait, "next": _next, "undo": _undo, "in": _in, "fields": _fields, "course": _course,
    "save": _save, "help": _help, "quit": _quit,
})  # fmt: skip
