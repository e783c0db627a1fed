"""
A process with a private field of every type, and values for them that stand nowhere by chance.

What is planted comes through opening, events, `set`, children, started cases, what a child gives, and hooks that fail.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from svcflow.core.decision import HookCall
from svcflow.core.event import Actor, FileRef
from svcflow.engine import Engine
from svcflow.errors import SvcflowError
from svcflow.rounds import Terms

PRIVATE = """
  words: {type: text, private: true}
  again: {type: text, private: true}
  amount: {type: number, private: true}
  debt: {type: money, private: true}
  discreet: {type: flag, private: true}
  born: {type: date, private: true}
  seen: {type: datetime, private: true}
  keeper: {type: person, private: true}
  names: {type: list, private: true}
  papers: {type: files, private: true}
  disease: {type: ciguatera | melioidosis, private: true}
  rank: {type: 1..999999999, private: true}
"""

VAULT = f"""
process: vault
version: 1
roles: [agent, lead]
hooks: [shout, whisper, guard, wait]
calendars: {{office: {{timezone: Asia/Shanghai, hours: {{mon-fri: [09:00-17:00]}}}}}}
calendar: office
escalations: {{standard: {{50%: {{notify: keeper}}, 100%: {{notify: lead}}}}}}
escalation: standard
fields:
  customer: person
  given: {{type: text, private: true}}
{PRIVATE}
open:
  by: agent
  ask: customer
  may: [words, amount, debt, discreet, born, seen, keeper, names, papers, disease, rank]
sla:
  solved: {{from: received, until: done, target: 8h}}
states:
  received:
    by: agent
    limit: 2h
    do: {{notify: [keeper, agent]}}
    events:
      correct: {{to: here, may: [words, amount, debt, discreet, born, seen, keeper, names, papers, disease, rank]}}
      copy: {{to: here, do: {{set: {{again: words}}}}}}
      shout: {{to: here, do: {{hook: shout}}}}
      whisper: {{to: here, do: {{hook: whisper}}}}
      guard: {{to: here, do: {{hook: guard}}}}
      wait: {{to: here, do: {{hook: wait}}}}
      rich: {{to: [{{to: here, when: filled(debt) and debt < 0}}]}}
      settle: {{to: here, by: lead, may: words}}
      own: {{to: here, by: keeper, may: words}}
      ask: asking
  asking:
    run: confession
    not_by: keeper
    events: {{told: {{to: closing, do: {{start: archive}}}}}}
  closing: {{by: agent, events: {{finish: done}}}}
  done: {{end: done}}
"""

CONFESSION = f"""
process: confession
version: 1
roles: [caller]
gives: [given]
fields:
  customer: person
  given: {{type: text, private: true}}
{PRIVATE}
open: {{by: system, ask: customer, may: [words, names, papers, keeper]}}
states:
  calling: {{by: caller, events: {{tell: {{to: told, ask: given}}}}}}
  told: {{end: done}}
"""

# `words` is not private here: it must arrive empty. The check warns of that, and the engine sees to it.
ARCHIVE = f"""
process: archive
version: 1
roles: [lead]
fields:
  customer: person
  given: {{type: text, private: true}}
{PRIVATE.replace("words: {type: text, private: true}", "words: text")}
open: {{by: [lead, system], ask: customer, may: [words, given, names, born, amount]}}
states:
  kept: {{by: lead, events: {{burn: burnt}}}}
  burnt: {{end: done}}
"""

NEWER = VAULT.replace("version: 1", "version: 2") + "migrate: {1: {states: {received: closing}}}\n"

LOG = """id,at,what,words,born,rank,names
r1,2026-03-02T09:00,Corrected,quince,1947-08-23,820615394,okapi
r2,2026-03-02T09:00,Corrected,marmalade,vermilion,kumquat,pangolin
r2,2026-03-02T10:00,Copied,marmalade,1936-02-17,719504283,pangolin
r3,2026-03-02T09:00,Finished,marmalade,1936-02-17,719504283,pangolin
"""
MAP = """
case: id
time: {column: at, zone: UTC}
event: {column: what, values: {Corrected: correct, Copied: copy, Finished: finish}}
actor: {column: id, roles: agent}
fields: {customer: id, words: words, born: born, rank: rank, names: names}
"""

SCENARIO = """
scenario: cases that hold what nobody may see
start: 2026-03-02 09:00
length: 1d
drain: 1w
arrivals: {rate: 2, by: agent, most: 8}
staff: {agent: 2, lead: 1, caller: 1}
events: {correct: 1, copy: 1, shout: 1}
fields: {words: quince of marmalade, born: 1947-08-23, rank: "820615394", names: okapi, disease: ciguatera}
processes: {confession: {fields: {given: confessed to the marzipan theft}}}
"""

WATCH = """
limits: {cases: 0}
watch: {cases: {by: person+customer, open: archive, fields: {customer: "{customer}", words: "{person} {value}"}}}
"""

FILES = {
    "watch.yaml": WATCH,
    "scenario.yaml": SCENARIO,
    "vault.yaml": VAULT, "confession.yaml": CONFESSION, "archive.yaml": ARCHIVE, "newer.yaml": NEWER,
    "log.csv": LOG, "map.yaml": MAP,
}  # fmt: skip

AGENT = Actor("li", roles={"agent"})
LEAD = Actor("lin", roles={"lead"})
CALLER = Actor("cai", roles={"caller"})
STRANGER = Actor("nobody")


def _paper(number: int) -> FileRef:
    return FileRef(
        f"file-quokka-{number}", f"passport-vermilion-{number}.pdf", 90210448813000 + number, f"{number}deadbeef" * 7
    )


OPENED: Mapping[str, Any] = {
    "words": 'quince"marmalade\nof Örsundsbro',
    "amount": "7316450928.413",
    "debt": "8437025169.42",
    "discreet": "true",
    "born": "1947-08-23",
    "seen": "1951-11-07T03:17:29+08:00",
    "keeper": "person-tamarind",
    "names": ["cassowary feather", "axolotl'gill"],
    "papers": [_paper(1), _paper(2)],
    "disease": "ciguatera",
    "rank": 820615394,
}
CORRECTED: Mapping[str, Any] = {
    "words": "quince",  # A part of what it was before: to mask it first would leave the rest.
    "amount": "6205349817.302",
    "debt": "9548136270.53",
    "discreet": "false",
    "born": "1936-02-17",
    "seen": datetime(1962, 10, 13, 5, 41, 57, tzinfo=UTC),
    "keeper": "person-kumquat",
    "names": ("okapi stripe", "pangolin scale"),
    "papers": _paper(3),
    "disease": "melioidosis",
    "rank": "719504283",
}
WRONG = ("amount", "debt", "discreet", "born", "seen", "disease", "rank")
"""The fields that not every text fits."""

GIVEN = "confessed to the marzipan theft"

SECRETS = (
    "quince", "marmalade", "rsundsbro",
    "7316450928", "6205349817", "8437025169", "9548136270",
    "1947-08-23", "1936-02-17", "1951-11-0", "1962-10-13", "(1947, 8", "(1936, 2", "(1951, 11", "(1962, 10",
    "tamarind", "kumquat",
    "cassowary", "axolotl", "okapi", "pangolin",
    "quokka", "vermilion", "90210448813", "deadbeef",
    "820615394", "719504283",
    "marzipan",
)  # fmt: skip
"""Parts that every way of writing the values has in common."""

CHOICES = "ciguatera | melioidosis"
"""Known to everybody from the text of the process; which of them holds is not."""

CHOSEN = ("ciguatera", "melioidosis", "discreet: true", 'discreet": true', "discreet=yes", "discreet': True")


def leaked(text: str) -> list[str]:
    """The secrets in a text."""
    text = text.replace(CHOICES, "")
    return [secret for secret in (*SECRETS, *CHOSEN) if secret in text]


def write_files(folder: Path) -> None:
    """The processes, and a log of one of them."""
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")


class HostError(Exception):
    """What the host's own functions raise: it is theirs, and says what they like."""


class Scene:
    """An engine in which everything has happened that can happen to a private value, and what was said meanwhile."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.said: list[BaseException] = []
        self.unaware: list[HookCall] = []
        self.aware: list[HookCall] = []
        self._register()
        self.case = engine.open("vault", {"customer": "acme", **OPENED}, actor=AGENT, key="web-1").id
        self._move()
        self._refuse()
        self.ended = self._end()
        engine.tick(terms=Terms(tries=1))

    # ── what the host does ─────────────────────────────────────────────────────────────────────────────────────

    def _register(self) -> None:
        names = tuple(name for name in {**OPENED, "given": ""} if name != "words")

        @self.engine.hook("shout", private=["words", "names", "papers", "amount", "born", "seen", "keeper", "disease"])
        def shout(call: HookCall) -> None:
            self.aware.append(call)
            values = list(call.fields.values())
            asked = f"https://sms.example/send?{urlencode(dict(call.fields))} {json.dumps(values, default=str)}"
            raise HostError(f"{call.fields['words']} / {values} / {'/'.join(map(str, values))} / {asked}")

        @self.engine.hook("whisper")
        async def whisper(call: HookCall) -> None:
            """It was given nothing private, and helps itself."""
            self.unaware.append(call)
            raise HostError(f"cannot reach {dict(self.engine.case(call.case).fields)}")

        @self.engine.hook("guard", private=names, inside=True)
        def guard(call: HookCall) -> None:
            raise HostError(f"not with {call.fields!r}")

        @self.engine.hook("notify")
        def notify(call: HookCall) -> None:
            self.unaware.append(call)

    def _move(self) -> None:
        engine, case = self.engine, self.case
        engine.send(case, "copy", actor=AGENT)
        engine.send(case, "correct", CORRECTED, actor=AGENT, key="web-2")
        for event in ("shout", "wait"):
            engine.send(case, event, actor=AGENT)
        engine.tick(terms=Terms(tries=1, lease=timedelta(minutes=9)))
        other = engine.open("vault", {"customer": "acme", **OPENED}, actor=AGENT)
        self.other = other.id
        engine.send(other.id, "whisper", actor=AGENT)

    def _refuse(self) -> None:
        engine, case = self.engine, self.case
        wrong: dict[str, object] = dict.fromkeys(WRONG, "kumquat vermilion")
        wrong |= {"words": [*SECRETS], "names": {"okapi": "okapi"}, "papers": [{"id": "quokka"}], "keeper": ("quokka",)}
        attempts: Iterable[tuple[Any, ...]] = (
            ("open", "vault", {**OPENED}, {"actor": AGENT}),
            ("open", "vault", {"customer": "acme", **wrong}, {"actor": AGENT}),
            ("open", "vault", {"customer": "acme", **OPENED}, {"actor": STRANGER}),
            ("open", "vault", {"customer": "acme", **CORRECTED}, {"actor": AGENT, "key": "web-1"}),
            ("open", "vault", {"customer": "acme", "words": "okapi\ud800"}, {"actor": AGENT}),
            ("send", case, "correct", wrong, {"actor": AGENT}),
            ("send", case, "correct", {"words": "okapi" * 40_000, "names": ["okapi"] * 2_000}, {"actor": AGENT}),
            ("send", case, "correct", {"names": ["okapi\0"], "keeper": "quokka\0"}, {"actor": AGENT}),
            ("send", case, "correct", OPENED, {"actor": AGENT, "key": "web-2"}),
            ("send", case, "correct", OPENED, {"actor": AGENT, "at": datetime(2020, 1, 1, tzinfo=UTC)}),
            ("send", case, "copy", OPENED, {"actor": AGENT}),
            ("send", case, "settle", CORRECTED, {"actor": AGENT}),
            ("send", case, "own", CORRECTED, {"actor": STRANGER}),
            ("send", case, "finish", CORRECTED, {"actor": AGENT}),
            ("send", case, "no_such_event", CORRECTED, {"actor": AGENT}),
            ("send", case, "rich", {}, {"actor": AGENT}),
            ("send", case, "guard", {}, {"actor": AGENT}),
            ("send", "no-such-case", "correct", CORRECTED, {"actor": AGENT}),
            ("send", case, "correct", "okapi", {"actor": AGENT}),
            ("send", case, "correct", CORRECTED, {"actor": AGENT, "connection": object()}),
            ("cases", {"where": {"words": "okapi\ud800"}}),
            ("erase", case, ["customer"], {"reason": "asked", "actor": AGENT}),
        )
        for name, *given, keywords in attempts:
            try:
                getattr(engine, name)(*given, **keywords)
            except SvcflowError as problem:
                self.said.append(problem)
            else:
                assert name == "cases", (name, given)

    def _end(self) -> str:
        """Through the child, which gives something back, to the end; then one value is forgotten."""
        engine = self.engine
        case = engine.open("vault", {"customer": "acme", **OPENED}, actor=AGENT).id
        child = engine.send(case, "ask", actor=AGENT).children["asking"]
        try:
            engine.send(child, "tell", {"given": GIVEN}, actor=Actor(str(OPENED["keeper"]), roles={"caller"}))
        except SvcflowError as barred:
            self.said.append(barred)
        engine.send(child, "tell", {"given": GIVEN}, actor=CALLER)
        engine.send(case, "finish", actor=AGENT)
        engine.erase(case, ["words"], reason="asked for", actor=LEAD)
        return case

    # ── what can be asked ──────────────────────────────────────────────────────────────────────────────────────

    @property
    def cases(self) -> tuple[str, ...]:
        """Every case there is: those sent to, children, started ones."""
        return tuple(case.id for case in self.engine.cases())
