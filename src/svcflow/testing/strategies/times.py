"""What hangs on time in a drawn process: limits, waits, windows, timers, calendars, clocks and escalations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from svcflow.testing.definition import Branch, Tree
from svcflow.testing.strategies.author import DATED, Author
from svcflow.testing.strategies.deeds import deed

_LENGTHS: Final = ("4h", "30min", "2d", "1w", "90min", "1mo")
_LONG: Final = ("60d", "3mo", "1y", "60d on always")
_ZONES: Final = ("Asia/Shanghai", "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
_OFFICE: Final[Sequence[Tree]] = (
    {"mon-fri": ["09:00-17:00"]},
    {"mon-fri": ["08:30-12:00", "13:30-17:30"], "sat": ["09:00-12:00"]},
    {"mon-fri": ["22:00-06:00"]},
    {"mon-sun": ["08:00-22:00"]},
    {"sat-sun": ["00:00-24:00"]},
)
_DATES: Final = ("2026-03-04", "2026-03-29", "2026-05-01", "2026-10-25", "2026-12-31")


def length(author: Author) -> str:
    """A time as written: of the process's calendar, or of another one."""
    written = author.pick(_LENGTHS)
    match author.pick(("", "", "always", "named")):
        case "always":
            return f"{written} on always"
        case "named":
            return f"{written} on {author.calendar()}"
        case _:
            return written


def promise(author: Author, lengths: Sequence[str]) -> Branch:
    """A promised time: one, a table by priority or urgency, the name of such a table, or what was agreed."""
    made = author.pick(lengths)
    match author.pick(("time", "time", "table", "named", "agreed")):
        case "time":
            return made
        case "agreed":
            return f"{author.field('agreed' if lengths is _LENGTHS else 'agreed_long')} else {made}"
        case "table":
            return _table(author, lengths)
        case _:
            name = "promised" if lengths is _LENGTHS else "promised_long"
            author.targets[name] = author.targets.get(name) or _table(author, lengths)
            return name


def _table(author: Author, lengths: Sequence[str]) -> Branch:
    name = author.field(author.pick(("priority", "urgent")))
    rows = ("P1", "P2") if name == "priority" else ("true",)
    table: dict[str, Branch] = {row: author.pick(lengths) for row in rows}
    return {"per": name, "table": {**table, "default": lengths[-1]}}


def timing(author: Author, onward: str) -> Tree:
    """What a state does with time; nothing, where nothing hangs on it."""
    if not author.shape.timed:
        return {}
    return author.pick(_WAYS)(author, onward)


def _nothing(_author: Author, _onward: str) -> Tree:
    return {}


def _limit(author: Author, _onward: str) -> Tree:
    return {"limit": promise(author, _LENGTHS)}


def _after(author: Author, onward: str) -> Tree:
    author.slow.append(onward)
    return {"after": {length(author): {"to": onward, **deed(author, 4)} if author.chance(3) else onward}}


def _every(author: Author, onward: str) -> Tree:
    rhythm = author.pick(("3d", "1d", "6h", "rhythm"))
    if rhythm == "rhythm":
        rhythm = f"{author.field(rhythm)} else 2d"
    found: dict[str, Branch] = {f"every {rhythm}": deed(author, 1, start=False)}
    if author.chance(2):
        author.slow.append(onward)
        found["20d"] = onward
    return {"after": found}


def _wait(author: Author, onward: str) -> Tree:
    author.slow.append(onward)
    found: dict[str, Branch] = {"wait": author.pick(("2h", "1h on always"))}
    return found | ({"limit": "4d"} if author.chance(2) else {})


def _window(author: Author, onward: str) -> Tree:
    author.slow.append(onward)
    since = _since(author)
    plain = author.pick(("0d..3d", "1d..3d", "2d..5d")) + since
    if not author.chance(3):
        return {"window": plain}
    words: dict[str, Branch] = {"from": "1d", "to": "4d", "count": "working", "roll": "next"}
    return {"window": words | ({"since": since.removeprefix(" since ")} if since else {})}


def _since(author: Author) -> str:
    dated = [name for name in DATED if name in author.sure]
    return f" since {author.pick(('opened_at', *dated))}" if author.chance(2) else ""


def _dated(author: Author, onward: str) -> Tree:
    dated = [name for name in DATED if name in author.sure]
    author.slow.append(onward)
    time = f"{author.pick(('1d', '2d', '1w'))} since {author.pick(('opened_at', *dated))}"
    return {"after": {time: onward}} if author.chance(2) else {"limit": time}


_WAYS: Final[Sequence[Callable[[Author, str], Tree]]] = (_nothing, _limit, _after, _every, _wait, _window, _dated)


def clocks(author: Author, starts: Sequence[str], stops: Sequence[str]) -> Tree:
    """The SLA clocks that were spoken of; none promises less than time that passes by itself."""
    made: dict[str, Branch] = {}
    for name in author.clocks:
        lengths = _LONG if author.slow else (*_LENGTHS, *_LONG)
        words: dict[str, Branch] = {
            "from": list[Branch](author.some(starts, least=1)),
            "until": list[Branch](author.some(stops, least=1)),
            "target": promise(author, lengths),
        }
        if author.chance(3):
            words["again"] = author.pick(("restart", "continue", "ignore"))
        if author.chance(4):
            words["calendar"] = author.calendar()
        if author.shared_events and author.chance(3):
            words["renew"] = author.pick(author.shared_events)
        made[name] = words
    return made


def escalation(author: Author) -> Tree:
    """Who hears about it as a promise runs down, from early to late."""
    keys = [key for key in ("-30min", "50%", "75%") if author.chance(3)]
    later = [key for key in ("100% + 4h", "150%") if author.chance(3)]
    return {key: deed(author, 1, start=False)["do"] for key in (*keys, "100%", *later)}


def calendar(author: Author) -> Tree:
    """Working hours, with what makes single dates different."""
    made: dict[str, Branch] = {"timezone": author.pick(_ZONES), "hours": author.pick(_OFFICE)}
    if author.chance(4):
        made["days"] = "mon-fri"
    country = author.pick(("", "", "", "CN", "DE"))
    if country:
        made["holidays"] = country
    if country == "CN" and author.chance(2):
        made["makeup"] = ["10:00-16:00"]
    hours: Sequence[list[Branch]] = ([], ["10:00-12:00"])
    dates: Mapping[str, Branch] = {date: author.pick(hours) for date in author.some(_DATES)}
    return {**made, "except": dates} if dates else made
