"""House rules: checks that an organisation adds in a package of its own, by the entry point group `svcflow.rules`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points

from attrs import evolve

from svcflow.errors import InputError
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.rules.registry import Rule

GROUP = "svcflow.rules"
"""The entry point group: each entry names a `Rule`, or a tuple of them."""

_CODE = re.compile(r"SF9[0-9]{2}")


def house_rules() -> tuple[Rule, ...]:
    """
    The rules of all installed packages, in the order of their codes.

    Raises:
        InputError: If a package cannot be loaded, gives something else, or a code that is not its own.
    """
    found: dict[str, Rule] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        for rule in _loaded(entry):
            if not _CODE.fullmatch(rule.code):
                raise InputError(f"house rules {entry.name!r}: {rule.code!r} is no code of house rules, SF900 to SF999")
            if rule.code in found:
                raise InputError(f"house rules {entry.name!r}: there are two rules {rule.code}; rename one of them")
            found[rule.code] = _guarded(rule, entry.name)
    return tuple(found[code] for code in sorted(found))


def _loaded(entry: EntryPoint) -> tuple[Rule, ...]:
    try:
        made = entry.load()
    except Exception as error:  # whatever the code of another package may raise
        raise InputError(f"house rules {entry.name!r} cannot be loaded: {type(error).__name__}: {error}") from error
    rules = made if isinstance(made, tuple) else (made,)
    if not all(isinstance(rule, Rule) for rule in rules):
        raise InputError(f"house rules {entry.name!r}: {entry.value} is no `Rule` and no tuple of them")
    return rules


def _guarded(rule: Rule, name: str) -> Rule:
    """The same rule, which names itself when it fails."""

    def look(compiled: Compiled) -> Iterator[Finding]:
        try:
            yield from rule.look(compiled)
        except Exception as error:
            what = f"house rules {name!r}: {rule.code} fails on {compiled.process.name!r}"
            raise InputError(f"{what}: {type(error).__name__}: {error}") from error

    return evolve(rule, look=look)
