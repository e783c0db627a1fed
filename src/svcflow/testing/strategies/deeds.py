"""What happens in a drawn state: conditions, alternatives, forms, people and what is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from svcflow.testing.definition import Branch
from svcflow.testing.strategies.author import DECISIVE, FIELDS, PERSONS, Author

_ATOMS: Final[Mapping[str, Sequence[str]]] = {
    "urgent": ("urgent", "not urgent"),
    "priority": ("priority == P1", "priority != P3", "P2 == priority"),
    "score": ("score >= 4", "score < 2", "score == 3", "not score > 2"),
    "parts": ("parts > 1", "parts + 1 <= 3", "parts * 2 == 4", "parts != 0"),
    "price": ("price >= 100", "price < 99.5", "price - 10 > 0"),
    "fault": ("fault == 'noise'", "fault != 'none'"),
    "visit": ("visit < opened_at", "opened_at <= visit"),
}
_FORM: Final = tuple(FIELDS)


def condition(author: Author, known: Sequence[str], spent: list[str]) -> str:
    """A condition over fields that are filled, or that it asks about first; none whose field is `spent` already."""
    options = [name for name in DECISIVE if name in known and name not in spent]
    guarded = [name for name in author.maybe if name not in spent and name not in known]
    if not options and not guarded:
        return ""
    name = author.pick((*options, *guarded))
    spent.append(author.field(name))
    if name in options:
        first = author.pick(_ATOMS[name])
        second = [other for other in options if other != name]
        if second and author.chance(4):
            other = author.pick(second)
            spent.append(other)
            return f"{first} {author.pick(('and', 'or'))} {author.pick(_ATOMS[other])}"
        return first
    atoms = _ATOMS.get(name, ())
    return f"filled({name}) and {author.pick(atoms)}" if atoms and author.chance(2) else f"filled({name})"


def alternatives(
    author: Author, onward: str, others: Sequence[str], known: Sequence[str], *, sent: bool = True
) -> Branch:
    """
    Where an event leads: `onward` in the end, before that elsewhere under conditions, for some cases, or so often.

    What nobody has `sent` happens so many times at most: else a case could go round for ever in one step.
    """
    spent: list[str] = []
    ways: list[Branch] = []
    for _ in range(author.draw_number(0, 2)):
        when = condition(author, known, spent)
        most = str(author.draw_number(1, 3)) if not when or not sent or author.chance(4) else ""
        share = f"{author.draw_number(1, 4)}0%" if author.chance(6) else ""
        words = {"to": author.pick((onward, *others)), "when": when, "share": share, "max": most}
        way: dict[str, Branch] = {word: value for word, value in words.items() if value}
        ways.append(way | deed(author, 4))
    return [*ways, onward] if ways else onward


def leads(to: Branch) -> Branch:
    """An event that leads somewhere, in its short form where there is one."""
    return to if isinstance(to, str) else {"to": to}


def form(author: Author, of: int = 3) -> dict[str, Branch]:
    """What is asked, and what may be said."""
    asked = author.some(_FORM, most=2) if author.chance(of) else []
    may = [name for name in author.some(_FORM, most=2) if name not in asked] if author.chance(of) else []
    for name in (*asked, *may):
        author.field(name)
    words: dict[str, Branch] = {"ask": list[Branch](asked), "may": list[Branch](may)}
    return {word: names for word, names in words.items() if names}


def people(author: Author, of: int = 3, acted: Sequence[str] = ()) -> dict[str, Branch]:
    """Who may act, a role among them in any case, so that nobody is left out for good; and who may not."""
    found: dict[str, Branch] = {}
    if author.chance(of):
        names = [author.role()] + ([author.person()] if author.chance(2) else [])
        found["by"] = list[Branch](names)
    if author.chance(of + 1):
        found["not_by"] = author.pick(acted) if acted and author.chance(2) else author.person()
    if author.chance(of + 2):
        found["qualified"] = _qualified(author)
    return found


def _qualified(author: Author) -> Branch:
    """What whoever acts must be qualified for: a name, names, levels, by the value of a field, or nothing."""
    one, level = author.skill(), str(author.draw_number(1, 3))
    makers: list[Callable[[], Branch]] = [
        lambda: one,
        lambda: {one: level},
        lambda: list[Branch](dict.fromkeys((one, author.skill()))),
        lambda: {"per": author.field("priority"), "table": {"P1": {one: level}, "default": "none"}},
    ]
    return author.pick(makers)()


def deed(author: Author, of: int = 3, *, start: bool = True) -> dict[str, Branch]:
    """A `do`, or nothing."""
    if not author.chance(of):
        return {}
    makers: list[Callable[[Author], tuple[str, Branch]]] = [_notify, _set, _hook]
    if author.shared_events:
        makers.append(_send)
    if author.shape.children and start:
        makers.append(_start)
    words = dict(maker(author) for maker in author.some(makers, least=1))
    return {"do": words}


def _notify(author: Author) -> tuple[str, Branch]:
    who = author.pick(("responsible", *PERSONS, ""))
    name = author.role() if not who else who if who == "responsible" else author.field(who)
    return "notify", {name: "please_look"} if author.chance(3) else name


def _set(author: Author) -> tuple[str, Branch]:
    values = {"owner": "me", "visit": "now", "urgent": "true", "priority": "P1", "fault": "'noise'"}
    if "parts" in author.sure:
        values["parts"] = "parts + 1"
    name = author.field(author.pick(tuple(values)))
    return "set", {name: values[name]}


def _hook(author: Author) -> tuple[str, Branch]:
    return "hook", author.hook()


def _send(author: Author) -> tuple[str, Branch]:
    return "send", author.pick(author.shared_events)


def _start(author: Author) -> tuple[str, Branch]:
    author.started.append("follow_up")
    return "start", "follow_up"
