"""How long something took, in words: for drawings, reports and screens alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

_MINUTE = timedelta(minutes=1)
_MINUTES = 60

_ENGLISH: Mapping[str, str] = MappingProxyType({"h": "{0} h", "min": "{0} min", "less": "less than 1 min"})
_CHINESE: Mapping[str, str] = MappingProxyType({"h": "{0} 小时", "min": "{0} 分钟", "less": "不到 1 分钟"})


def length(span: timedelta, language: str = "en") -> str:
    """`3 h 20 min`, or `less than 1 min`. Working time is not told in days: they differ from calendar to calendar."""
    words = _CHINESE if language.partition("-")[0] == "zh" else _ENGLISH
    minutes = abs(span) // _MINUTE
    if not minutes:
        return words["less"] if span else words["min"].format(0)
    hours, rest = divmod(minutes, _MINUTES)
    parts = ([words["h"].format(hours)] if hours else []) + ([words["min"].format(rest)] if rest else [])
    return " ".join(parts)
