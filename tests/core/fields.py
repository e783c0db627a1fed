"""
Declared fields of every type, and a moment, for conditions and values to be read against.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from svcflow.core.process import Field

FIELDS = {
    known.name: known
    for known in (
        Field("score", "range", low=1, high=5),
        Field("tries", "range", low=0, high=3),
        Field("price", "money"),
        Field("hours", "number"),
        Field("accepted", "flag"),
        Field("working", "flag"),
        Field("contract", "choice", ("gold", "silver", "basic")),
        Field("asked", "choice", ("gold", "silver")),
        Field("colour", "choice", ("red", "green")),
        Field("shift", "choice", ("1", "2", "3")),
        Field("product", "text"),
        Field("serial", "text"),
        Field("owner", "person"),
        Field("served_by", "person"),
        Field("bought", "date"),
        Field("delivered", "date"),
        Field("visit", "datetime"),
        Field("served_at", "datetime"),
        Field("parts", "list"),
        Field("spares", "list"),
        Field("photos", "files"),
        Field("满意度", "range", low=1, high=5),
        Field("गुणवत्ता", "number"),
    )
}

NOW = datetime(2026, 5, 4, 1, 30, tzinfo=timezone(timedelta(hours=8)))
"""Early in the morning in Shanghai, while UTC still has the date before."""
