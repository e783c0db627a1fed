"""
All planted bugs, whoever wrote them.
"""

from __future__ import annotations

from zoo import bugs_agreed, bugs_effects, bugs_kept, bugs_moves, bugs_people, bugs_qualified, bugs_seen, bugs_time
from zoo.zoo import Bug

ALL: tuple[Bug, ...] = (
    *bugs_people.BUGS, *bugs_qualified.BUGS, *bugs_seen.BUGS, *bugs_moves.BUGS, *bugs_effects.BUGS, *bugs_time.BUGS,
    *bugs_kept.BUGS, *bugs_agreed.BUGS,
)  # fmt: skip
