"""The people of the demo's after-sales desk: who they are, when they work and how fast."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from svcflow.core.event import Actor

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
SATURDAY, SUNDAY = 5, 6


@frozen
class Shift:
    """Working hours: each weekday (Monday is 0) with its beginning and end, in the desk's zone."""

    hours: Mapping[int, tuple[time, time]]

    def from_on(self, moment: datetime) -> datetime:
        """The moment itself if it lies in the shift, else when the next one begins."""
        local = moment.astimezone(ZONE)
        for ahead in range(8):
            day = local.date() + ahead * DAY
            if day.weekday() not in self.hours:
                continue
            begins, ends = (datetime.combine(day, at, ZONE) for at in self.hours[day.weekday()])
            if local < ends:
                return max(moment, begins.astimezone(moment.tzinfo))
        return moment


@frozen
class Person:
    """
    Somebody who acts, with the roles and groups they hold.

    `pace` stretches the time they take: 1 is average, 3 is somebody whom promises overtake.
    """

    actor: Actor
    shift: Shift
    pace: float = 1.0


def _week(begins: int, ends: int, days: range = range(7)) -> Mapping[int, tuple[time, time]]:
    return MappingProxyType({day: (time(begins), time(ends)) for day in days})


EVERY_DAY = Shift(_week(8, 22))
EARLY = Shift(_week(8, 15))
LATE = Shift(_week(14, 22))
OFFICE = Shift({**_week(9, 17, range(SATURDAY)), SATURDAY: (time(9), time(12))})
FIELD = Shift(_week(8, 18, range(SUNDAY)))

STAFF = (
    Person(Actor("chen", {"agent"}), EARLY),
    Person(Actor("liu", {"agent"}), LATE, 1.4),
    Person(Actor("zhao", {"dispatcher"}), OFFICE),
    Person(Actor("wu", {"engineer"}), FIELD, 0.8),
    Person(Actor("zhou", {"engineer"}), FIELD),
    Person(Actor("xu", {"engineer"}), FIELD, 3.0),
    Person(Actor("guo", {"team_lead"}), OFFICE),
    Person(Actor("he", {"manager"}), OFFICE, 1.5),
    Person(Actor("lin", {"caller"}), OFFICE),
    Person(Actor("luo", {"complaints"}), EVERY_DAY, 1.2),
    Person(Actor("song", {"quality"}), OFFICE, 1.5),
    Person(Actor("ma", groups={"outlet-east"}), FIELD, 0.7),
    Person(Actor("hu", groups={"outlet-west"}), FIELD, 2.5),
)
ENGINEERS = ("wu", "zhou", "xu")
OUTLETS = MappingProxyType({"outlet-east": "ma", "outlet-west": "hu"})
CUSTOMERS: Mapping[str, str] = MappingProxyType({
    "acme": "gold", "baihe": "silver", "cuiyuan": "basic", "donghu": "silver", "eryuan": "basic", "fuxing": "gold",
    "guanghua": "basic", "hongda": "silver", "jinniu": "gold", "kaifeng": "basic",
})  # fmt: skip
"""The customers and their maintenance contracts."""
NOBODY = Actor("nobody")
"""Someone who may do nothing: what the menu refuses them says who may."""


def who_may(by: tuple[str, ...], fields: Mapping[str, Any]) -> tuple[Person, ...]:
    """
    Everybody behind the names of a `by`, whoever stands in a field of the case before the holders of a role.

    A customer who stands in a field is made up on the spot: customers are not staff.
    """
    named = [_standing(fields[name]) for name in by if isinstance(fields.get(name), str)]
    holders = [person for person in STAFF if not person.actor.roles.isdisjoint(by)]
    return (*named, *holders)


def _standing(who: str) -> Person:
    for person in STAFF:
        if person.actor.id == who or who in person.actor.groups:
            return person
    return Person(Actor(f"{who}-user", groups={who}), EVERY_DAY)
