"""
A small process with all that a story can speak of, and how a test tells a story about it.
"""

from pathlib import Path

from svcflow import stories
from svcflow.stories import Library, Result

WORKSHOP = """
process: workshop
version: 1
roles: [agent, engineer, lead]
hooks: [ring, order]
calendars: {office: {timezone: Asia/Shanghai, hours: {mon-fri: [09:00-17:00]}}}
calendar: office
escalations: {standard: {100%: {notify: lead, hook: ring}}}
escalation: standard
fields:
  {customer: person, owner: person, parts: list, photos: files, visit: datetime, price: money,
   phone: {type: text, private: true}}
open: {by: agent, ask: customer, may: [phone, visit]}
sla: {solved: {from: received, until: returned, target: 8h}}
states:
  received:
    by: agent
    limit: 2h
    events:
      hand_over: {to: work.bench, ask: owner, may: [price, parts, photos], do: {notify: {owner: yours}}}
      dear: {ask: price, to: [{to: refused, when: price > 100}]}
      refuse: refused
  work:
    by: owner
    states:
      bench: {events: {order: {to: parts, ask: parts, do: {hook: order}}, done: check}}
      parts: {wait: 1d, events: {come: bench}, after: {5d: bench}}
  check: {run: survey, not_by: work, events: {good: returned, bad: {to: work.bench, do: {start: note}}}}
  returned: {end: done}
  refused: {end: cancelled}
"""
SURVEY = """
process: survey
version: 1
roles: [caller]
fields: {customer: person}
open: {ask: customer}
states:
  calling: {by: caller, events: {praise: good, grumble: bad}}
  good: {end: done}
  bad: {end: done}
"""
NOTE = """
process: note
version: 1
roles: [lead]
fields: {customer: person}
open: {by: [lead, system], ask: customer}
states:
  written: {by: lead, events: {file: filed}}
  filed: {end: done}
"""
HEAD = """story: an example
process: workshop
start: 2026-03-09 09:00
people: {li: agent, wang: engineer, cai: caller, bo: lead, wu: {roles: caller, for: wang}}
"""
OPENED = """steps:
- {by: li, open: {customer: acme}}
"""
HANDED_OVER = f"""{OPENED}- {{by: li, send: hand_over, with: {{owner: wang}}}}
"""


def write_workshop(folder: Path) -> Path:
    """The processes of the workshop, in a folder."""
    for name, text in (("workshop", WORKSHOP), ("survey", SURVEY), ("note", NOTE)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


class Teller:
    """Tells stories about the workshop; its processes are read once."""

    def __init__(self, folder: Path) -> None:
        self.file = write_workshop(folder) / "example.story.yaml"
        self.library = Library()

    def read(self, text: str, head: str = HEAD) -> stories.Story:
        """The story of a text, without its head."""
        self.file.write_text(head + text, encoding="utf-8")
        return stories.read(self.file, self.library)

    def tell(self, text: str) -> Result:
        """What becomes of it."""
        return stories.run(self.read(text))
