"""A small desk with a log: what the tests of `replay` drive, and how they say it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from svcflow import language
from svcflow.core.process import Process
from svcflow.replay import Replay, read_log, read_map, replay
from svcflow.stores.base import Store

DESK = """
process: desk
version: 1
roles: [agent, lead]
calendars: {office: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}}}
calendar: office
fields: {priority: P1 | P2, phone: {type: text, private: true}, score: 1..5, seen_at: datetime, on: date, reason: text}
open: {by: agent, may: [priority, phone]}
sla:
  solved: {from: received, until: done, target: {per: priority, table: {P1: 2h, default: 8h}}}
states:
  received:
    by: agent
    events:
      take: {to: repair, may: [priority, phone, seen_at, on]}
      ask: {to: asked, ask: reason}
  asked:
    by: agent
    pause: solved
    events: {answered: back}
    after: {3d: dropped}
  repair:
    by: agent
    events:
      take: {to: here, may: [priority, score]}
      finish: {to: finished, may: reason}
      scold: {to: here, by: lead}
  finished:
    by: agent
    not_by: repair
    events: {agree: done}
    after: {1d: done}
  done: {end: done}
  dropped: {end: cancelled}
"""

MAP = """
case: id
time: {column: at, zone: UTC}
event: {column: what, values: {Taken: take, Asked: ask, Answered: answered, Finished: finish, Agreed: agree,
                               Seen: null}}
actor: {column: who, roles: agent}
fields: {priority: prio, reason: why}
"""

HEAD = "id,at,what,who,prio,why"


def desk(text: str = DESK, **more: str) -> tuple[Process, ...]:
    """The desk first, then the processes beside it (name -> YAML)."""
    sources = {"desk.yaml": text, **{f"{name}.yaml": other for name, other in more.items()}}
    return tuple(language.compile_sources(sources, file) for file in sources)


def drive(
    folder: Path,
    rows: Iterable[str],
    *,
    head: str = HEAD,
    log_map: str = MAP,
    library: Sequence[Process] | None = None,
    store: Store | None = None,
) -> Replay:
    """Replay the rows, written as lines of CSV."""
    path = folder / "log.csv"
    path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    known = read_map(log_map.encode(), "map.yaml")
    return replay(desk() if library is None else library, read_log(path, known), known, store=store)


def reasons(answer: Replay) -> list[tuple[int, str]]:
    """Each refused row with the first word of its reason."""
    return [(one.row, one.reason.partition(":")[0]) for one in answer.refused]
