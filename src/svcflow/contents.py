"""What was sent under a key, as a digest: a repeat is recognised, and so is other content under the same key (R3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from svcflow.core.event import EMPTY, Actor
from svcflow.core.form import Unfit, is_blank, read_value
from svcflow.core.plain import digest, plain
from svcflow.core.process import Process


@frozen
class Content:
    """
    What belongs to one key: what was to happen, with which form, by whom, and when if a time was given.

    The roles and groups of the actor are left out: they may change between a request and its repeat.
    """

    key: str
    name: str
    fields: Mapping[str, Any]
    actor: Actor
    at: datetime | None

    def digest(self, process: Process) -> str:
        """
        SHA-256 over the content, its values read by their declared types.

        Private values are left out, since short ones could be guessed from it; see `private`.
        """
        sent = {name: _typed(process, name, raw) for name, raw in self.fields.items() if name not in process.private}
        return digest(
            {
                "name": plain(self.name),
                "fields": {name: plain(value) for name, value in sent.items()},
                "private": sorted(process.private.intersection(self.fields)),
                "actor": plain(self.actor.id),
                "on_behalf_of": plain(self.actor.on_behalf_of),
                "at": None if self.at is None else plain(self.at),
            }
        )

    def private(self, process: Process) -> Mapping[str, Any]:
        """The private values that were sent, which a repeat compares with the ones that are stored."""
        names = process.private.intersection(self.fields)
        return {name: _typed(process, name, self.fields[name]) for name in names} if names else EMPTY


def _typed(process: Process, name: str, raw: object) -> object:
    """A value as its field keeps it; what no field can keep is refused by every form, and only has to differ."""
    declared = process.fields.get(name)
    if declared is None:
        return ("no field", type(raw).__name__)
    value = None if is_blank(raw) else read_value(declared, raw)
    return ("no value", type(raw).__name__) if isinstance(value, Unfit) else value
