"""What the races on PostgreSQL found, as tables and budgets."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.budget import Budget
from benchmarks.stores import Stores

MILLI = 1e3
POLL = 1.0
NO_MORE = 1.1
"""What cannot be measured: times are further apart than this from one run to the next."""


def store_budgets(stores: Stores) -> Iterator[Budget]:
    """The promises, in the order of the tables."""
    for one in stores.matches:
        if one.at_least is not None:
            name = f"{one.what}: {one.first}, times {one.second}"
            yield Budget(name, one.times.middle, at_least=one.at_least)
    crowd = stores.crowd
    if crowd is not None:
        yield Budget(f"an event among {crowd.cases:,} open cases: times one alone", crowd.times.middle, at_most=NO_MORE)
        yield Budget(f"a poll with {crowd.timers:,} armed timers, ms", crowd.poll.middle * MILLI, at_most=POLL)


def show_stores(stores: Stores, console: Console) -> None:
    """Print the tables, and who was left out."""
    for name, why in stores.missing.items():
        console.print(Text(f"{name}: left out, {why}", style="yellow"))
    if stores.matches:
        console.print(_matches(stores))
    if stores.crowd is not None:
        console.print(_crowd(stores))


def _matches(stores: Stores) -> Table:
    table = Table("", "first", "second", title="PostgreSQL, a second (median)", title_justify="left")
    for name in ("first", "second", "times"):
        table.add_column(name, justify="right")
    for one in stores.matches:
        rates = (f"{rate:,.0f} {one.unit}" for rate in (one.first_rate, one.second_rate))
        table.add_row(one.what, one.first, one.second, *rates, one.times.text())
    return table


def _crowd(stores: Stores) -> Table:
    crowd = stores.crowd
    assert crowd is not None
    title = f"Among {crowd.cases:,} open cases with {crowd.timers:,} armed timers (median)"
    table = Table("", title=title, title_justify="left")
    for name in ("among them, ms", "alone, ms", "times"):
        table.add_column(name, justify="right")
    event, alone = (f"{seconds * MILLI:.2f}" for seconds in (crowd.event, crowd.event_alone))
    table.add_row("an event", event, alone, crowd.times.text())
    low, middle, high = (f"{seconds * MILLI:.2f}" for seconds in (crowd.poll.low, crowd.poll.middle, crowd.poll.high))
    table.add_row("a poll, nothing due", f"{middle} ({low} to {high})", "", "")
    return table
