"""
Which cases a share takes: a drawing of lots without chance, so that every worker and every replay draws alike.

The lot of a case hangs on its id and on where the list of alternatives stands, and on nothing that anybody can choose
later: asking again, coming back or waiting changes nothing.
"""

from __future__ import annotations

from hashlib import sha256

from attrs import frozen

WHOLE = 10_000
"""All cases: shares are counted in hundredths of a per cent."""


@frozen
class Share:
    """The cases whose lot in the list called `drawing` is at least `low` and less than `high`, both of `WHOLE`."""

    drawing: str
    low: int
    high: int

    def takes(self, case_id: str) -> bool:
        """Whether a case is among them."""
        return self.low <= lot(case_id, self.drawing) < self.high

    @property
    def text(self) -> str:
        """As it is written: `5%`, `2.5%`."""
        whole, rest = divmod(self.high - self.low, 100)
        return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + "%"


def lot(case_id: str, drawing: str) -> int:
    """The lot of a case in one list of alternatives, from 0 to `WHOLE` - 1, each equally likely; never another one."""
    digest = sha256(f"{case_id}\n{drawing}".encode()).digest()
    return int.from_bytes(digest[:8], "big") * WHOLE >> 64
