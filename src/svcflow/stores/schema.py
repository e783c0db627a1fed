"""Numbered migrations, one folder per database: how many there are, and what a number found in a database means."""

from __future__ import annotations

from importlib.resources import files

from svcflow.errors import StoreError


def migrations(database: str) -> tuple[str, ...]:
    """The numbered migrations for `sqlite` or `postgres` in order, each a script; they only ever add."""
    folder = files("svcflow.stores") / "migrations" / database
    scripts = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return tuple(entry.read_text(encoding="utf-8") for entry in scripts)


def steps_seen(name: str, found: str | None, newest: int) -> int:
    """
    How many migrations a database has seen, from what it says itself; None says that it has seen none.

    Raises:
        StoreError: It says more than there are.
    """
    if found is None:
        return 0
    seen = int(found) if found.isdigit() else newest + 1
    if seen > newest:
        raise StoreError(
            f"{name} was written by a later version of svcflow (its tables are of version {found}, "
            f"this version knows {newest}); update svcflow"
        )
    return seen
