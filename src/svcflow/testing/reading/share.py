"""Which cases a share takes, read a second time: by the whole hash as a fraction of one."""

from __future__ import annotations

import hashlib
from fractions import Fraction

from svcflow.core.share import Share


def in_share(share: Share, case: str) -> bool:
    """Whether a case is in a share: its place between 0 and 1 lies in that part."""
    place = Fraction(int(hashlib.sha256(f"{case}\n{share.drawing}".encode()).hexdigest(), 16), 2**256)
    return Fraction(share.low, 10_000) <= place < Fraction(share.high, 10_000)
