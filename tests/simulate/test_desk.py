"""
Whoever looks for work finds the most urgent of what they can do, without a look at what is for others.
"""

from datetime import UTC, datetime, timedelta

import pytest

from svcflow.core.calendar import Calendar
from svcflow.core.event import Actor
from svcflow.simulate.desk import Desk, Item, Worker, role_key
from svcflow.simulate.scenario import Person

START = datetime(2026, 3, 2, tzinfo=UTC)


class Office:
    """A desk with somebody who knows X1 and somebody who knows everything, and how often it asked who can do what."""

    def __init__(self) -> None:
        self.asked = 0
        self.products: dict[str, str] = {}
        always = Calendar.always(UTC)
        x1 = Person(Actor("x1", frozenset({"clerk"})), always, {"product": frozenset({"X1"})})
        self.desk = Desk([x1, Person(Actor("all", frozenset({"clerk"})), always)], START, self.fits)
        self.x1, self.all = self.desk.workers

    def fits(self, item: Item, worker: Worker) -> bool:
        self.asked += 1
        return worker is self.all or self.products[item.case] == "X1"

    def lay(self, item: Item, product: str) -> None:
        self.products[item.case] = product
        item.stage = "queued"
        self.desk.queue(item, {"product": product})

    def take(self, worker: Worker) -> str | None:
        item = self.desk.next_item(worker)
        if item is None:
            return None
        item.stage = "working"
        return item.case


@pytest.fixture
def office() -> Office:
    return Office()


def item(number: int) -> Item:
    due = START + timedelta(hours=number)
    return Item(f"case-{number}", "root", "office", "new", START, keys=(role_key("clerk"),), rank=(due, START, number))


def test_nobody_looks_through_what_is_for_others(office: Office) -> None:
    for number in range(1000):
        office.lay(item(number), "X1" if number % 100 == 99 else f"Y{number}")
    found = [office.take(office.x1) for _ in range(10)]
    assert found == [f"case-{number}" for number in range(99, 1000, 100)]
    assert office.asked == 10
    assert not office.desk.waits_for(office.x1)
    assert [office.take(office.all) for _ in range(3)] == ["case-0", "case-1", "case-2"]


def test_who_knows_everything_takes_the_most_urgent_of_all(office: Office) -> None:
    for number, product in enumerate(("X2", "X1", "X3", "X1")):
        office.lay(item(number), product)
    assert [office.take(office.all) for _ in range(5)] == ["case-0", "case-1", "case-2", "case-3", None]


def test_what_turns_into_another_kind_while_it_waits_is_found_once(office: Office) -> None:
    moved = item(1)
    for product in ("X2", "X1", "X2", "X1"):
        office.lay(moved, product)
    assert office.take(office.x1) == "case-1"
    assert office.take(office.x1) is None
    assert office.take(office.all) is None
