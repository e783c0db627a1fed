"""
The reference pages of the rules, made from their docstrings: run this file to write them anew.
"""

import re
import textwrap
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from svcflow.language.rules import (
    clocks,
    filled,
    flow,
    flow_children,
    flow_choices,
    flow_rounds,
    handing,
    never,
    people,
    people_barred,
    promises,
    stays,
    values,
    ways,
)
from svcflow.language.rules.registry import Rule

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
FLOW = (filled, flow, flow_children, flow_choices, flow_rounds, handing, never, values)
TIME = (clocks, promises, stays, ways)
PEOPLE = (people, people_barred)

INTRODUCTION = """\
# Checks of flow and conditions

These checks look at the whole process: where cases get to, where they get stuck, what conditions come out as,
and whether values get where they are meant to. They run once every name has been found. A path is looked for
whatever the conditions on it say, so "no path" is certain.

Each comes with a file in which it is found, and one in which it is not.

## SF401 to SF404 reading a condition

Conditions, and the values of `set`, are read and typed against `fields:` before anything else looks at them.

| code | found in | told |
|---|---|---|
| SF401 | `paid && urgent`, `score = 3`, `owner.name` | it cannot be read: use `and`, compare with `==` |
| SF402 | `staisfaction > 3` | no field is called so, with what was probably meant |
| SF403 | `score == '4'`, `contract > gold`, `parts == 'x'` | these can never be compared, or not with this sign |
| SF404 | `contract == platinum`, `set: {score: 9}` | not one of the words, or numbers, of the field |

Numbers, money and `1..5` compare with each other; texts, persons and flags with their like, and texts and persons with
a quoted text; a choice field with its own words and with a choice field that shares some. A date compares with a date
or a quoted `'2026-05-04'`, a time with a time or a quoted `'2026-05-04T08:30+08:00'`, offset included. Only numbers,
dates and times have an order; lists and files can be asked with `filled(x)` only. At most 2,000 characters are read.
"""

OF_TIME = """\
# Checks of time

These checks count with the engine's own calendars and clocks: which time is over first, what a clock can ever come to.
They run when flow and data are in order. Where a calendar, a field or a way cannot be known, they say nothing.

Each comes with a file in which it is found, and one in which it is not. What is wrong with a calendar itself (SF508,
SF517) stands [with the names](checks.md#sf5xx-time).
"""

OF_PEOPLE = """\
# Checks of people and size

Who may act in a state, who is barred, who notices a case that lies there, and what is too large to oversee. These
checks run after those of time. What is an error is certain on every path: that nobody can act is only said where a
person field cannot hold a group of which another one might.

Each comes with a file in which it is found, and one in which it is not.
"""


def pages() -> dict[Path, str]:
    """Every page, whole, by its file."""
    return {
        REFERENCE / "checks-flow.md": _page(INTRODUCTION, FLOW),
        REFERENCE / "checks-time.md": _page(OF_TIME, TIME),
        REFERENCE / "checks-people.md": _page(OF_PEOPLE, PEOPLE),
    }


def _page(introduction: str, modules: Iterable[ModuleType]) -> str:
    rules = sorted((rule for module in modules for rule in module.RULES), key=lambda rule: rule.code)
    return "\n".join((introduction, *map(_section, rules)))


def _section(rule: Rule) -> str:
    text = textwrap.dedent(rule.page).strip()
    prose, _, rest = text.partition("\nBad:\n")
    bad, _, good = rest.partition("\nGood:\n")
    parts = [
        f"## {rule.code} {rule.name}",
        f"*{rule.severity.capitalize()}.* {prose.strip()}",
        f"Found in:\n\n{_blocks(bad, 'text')}",
        f"Not found in:\n\n{_blocks(good, 'yaml')}",
    ]
    return "\n\n".join(parts) + "\n"


def _blocks(text: str, kind: str) -> str:
    """The files of an example; a file beside the checked one has its name as title."""
    made = []
    for found in re.finditer(r"^```yaml\n(?:# (\S+\.yaml)\n)?(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        title = f' title="{found[1]}"' if found[1] else ""
        made.append(f"```{kind}{title}\n{found[2]}```")
    return "\n\n".join(made)


if __name__ == "__main__":
    for file, text in pages().items():
        file.write_text(text, encoding="utf-8")
