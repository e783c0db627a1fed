"""
The reference of all codes, made from their pages: run this file to write it anew.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from svcflow.language.page import Page, rule_pages, written_pages
from svcflow.language.rules import (
    arriving,
    clocks,
    filled,
    flow,
    flow_children,
    flow_choices,
    flow_rounds,
    handing,
    late,
    migrations,
    never,
    people,
    people_barred,
    people_qualified,
    people_seen,
    promises,
    stays,
    values,
    versions,
    ways,
)

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
FLOW = (filled, flow, flow_children, flow_choices, flow_rounds, handing, late, never, values)
TIME = (clocks, promises, stays, ways)
PEOPLE = (people, people_barred, people_qualified, people_seen)
VERSIONS = (arriving, migrations, versions)

INTRODUCTION = """\
# Checks of flow and conditions

These checks look at the whole process: where cases get to, where they get stuck, what conditions come out as,
and whether values get where they are meant to. They run once every name has been found. A path is looked for
whatever the conditions on it say, so "no path" is certain.

Each comes with a file in which it is found, and one in which it is not.
"""

OF_TIME = """\
# Checks of time

These checks count with the engine's own calendars and clocks: which time is over first, what a clock can ever come to.
They run when flow and data are in order. Where a calendar, a field or a way cannot be known, they say nothing. What is
wrong with a calendar itself (SF508, SF517) is told together with the names.

Each comes with a file in which it is found, and one in which it is not.
"""

OF_PEOPLE = """\
# Checks of people and size

Who may act in a state, who is barred, who notices a case that lies there, and what is too large to oversee. These
checks run after those of time. What is an error is certain on every path: that nobody can act is only said where a
person field cannot hold a group of which another one might.

Each comes with a file in which it is found, and one in which it is not.
"""

OF_VERSIONS = """\
# Checks of versions

These checks compare a process with what is published of it: with the [lock](../how-to/versions.md) beside the file, or
with what `svcflow check --against` names. Without either most of them say nothing. They come after all the others.

Each comes with a file in which it is found, and one in which it is not. What is published stands below it, as
`version-1.yaml`.
"""


OF_YAML = """\
# Checks of YAML and shape

What makes a file readable: valid YAML without its traps, the words of the language at their places, times and numbers
as they are written. These checks come first; with an error among them no later one runs.

Each comes with a file in which it is found, and one in which it is not.
"""

OF_NAMES = """\
# Checks of names and labels

Every name in a file means something, and one thing only: states, people, fields, calendars, files, languages. These
checks run when the shape is right. Where several places speak of one name, and a defined name of nearly the same
letters is used by none, the definition is the slip, and the finding stands there.

Events, messages and the first state are named freely, so no check can know that `accpet` is wrong. Labels help: where a
language has labels for most words, the word without one is told (SF801), and so is the label that belongs to nothing
(SF802).

Each comes with a file in which it is found, and one in which it is not.
"""


def reference() -> dict[Path, str]:
    """Every page of the reference, whole, by its file."""
    return {
        REFERENCE / "checks-yaml.md": _page(OF_YAML, (), "yaml", "shape"),
        REFERENCE / "checks-names.md": _page(OF_NAMES, (), "names", "labels"),
        REFERENCE / "checks-flow.md": _page(INTRODUCTION, FLOW, "conditions"),
        REFERENCE / "checks-time.md": _page(OF_TIME, TIME, "time"),
        REFERENCE / "checks-people.md": _page(OF_PEOPLE, PEOPLE),
        REFERENCE / "checks-versions.md": _page(OF_VERSIONS, VERSIONS, "versions"),
    }


def _page(introduction: str, modules: Iterable[ModuleType], *families: str) -> str:
    told = [page for module in modules for page in rule_pages(module.RULES)]
    told += [page for family in families for page in written_pages(family)]
    return "\n".join((introduction, *map(_section, sorted(told, key=lambda page: page.code))))


def _section(page: Page) -> str:
    prose, _, rest = page.text.partition("\nBad:\n")
    bad, _, good = rest.partition("\nGood:\n")
    parts = [
        f"## {page.code} {page.name}",
        f"*{page.severity.capitalize()}.* {prose.strip()}",
        f"Found in:\n\n{_blocks(bad, 'text')}",
        f"Not found in:\n\n{_blocks(good, 'yaml')}",
    ]
    return "\n\n".join(parts) + "\n"


def _blocks(text: str, kind: str) -> str:
    """The files of an example; a file beside the checked one has its name as title."""
    made = []
    for found in re.finditer(
        r"^```(?:yaml|text)\n(?:# (\S+\.(?:yaml|lock))\n)?(.*?)^```$", text, re.MULTILINE | re.DOTALL
    ):
        title = f' title="{found[1]}"' if found[1] else ""
        # What was published earlier is nothing to take over.
        earlier = re.match(r"version-|.*\.lock$", found[1] or "")
        made.append(f"```{'text' if earlier else kind}{title}\n{found[2]}```")
    return "\n\n".join(made)


if __name__ == "__main__":
    for file, text in reference().items():
        file.write_text(text, encoding="utf-8")
