"""
JSON texts of rows: by orjson where it is installed (`svcflow[fast]`), else by Python's own encoder.

Only of what no hash is made of: an entry of the journal is written by `core.plain.canonical` alone, so that its hash
is the same for ever, whatever is installed. Rows that one of the two wrote, the other reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from svcflow.core.json_text import Write, writer

Read: TypeAlias = Callable[[str], Any]

by_python: Write = writer(default=dict)


def by_orjson() -> tuple[Write, Read]:
    """
    How orjson writes and reads.

    Raises:
        ImportError: It is not installed.
    """
    from orjson import dumps, loads  # noqa: PLC0415 - need not be there

    def write(data: object) -> str:
        try:
            return dumps(data, dict).decode()
        except TypeError:  # Nothing that a row holds; Python's own encoder says what is wrong with it.
            return by_python(data)

    return write, loads


def quickest() -> tuple[Write, Read]:
    """The quickest that is installed."""
    try:
        return by_orjson()
    except ImportError:
        return by_python, json.loads


dump, load = quickest()
