"""What happens to orders: the rows of the shop and the case of svcflow, in one transaction."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser, User
from django.core.mail import send_mail
from django.db import close_old_connections, connection, transaction
from django.db.models import Q

import svcflow
from shop.models import Order, Part

PROCESS = Path(__file__).with_name("order.yaml")


@cache
def engine() -> svcflow.Engine:
    """The engine of this program, on the site's own database."""
    made = svcflow.Engine(f"sqlite:///{connection.settings_dict['NAME']}")
    made.hook("notify")(send_mails)
    return made


def send_mails(call: svcflow.HookCall) -> None:
    """Write to persons, and to everybody in a group. A worker calls this after the commit."""
    close_old_connections()  # As at the end of a request, which a worker does not have.
    names = [to.name for to in call.to]
    users = User.objects.filter(Q(username__in=names) | Q(groups__name__in=names)).exclude(email="").distinct()
    order = Order.objects.get(case=call.case)
    send_mail(f"Order {order.pk}: {call.message or call.cause}", str(order), None, [user.email for user in users])


def actor_of(user: AbstractBaseUser) -> svcflow.Actor:
    """A user of the site; their groups are their roles."""
    return svcflow.Actor(user.get_username(), roles=user.groups.values_list("name", flat=True))


@transaction.atomic
def place(user: AbstractBaseUser, part: Part, quantity: int) -> Order:
    """Open a case for a new order."""
    case = engine().open("order", {"customer": user.get_username()}, actor=actor_of(user), connection=connection)
    return Order.objects.create(case=case.id, customer=user, part=part, quantity=quantity)


@transaction.atomic
def move(pk: int, event: str, fields: Mapping[str, str], user: AbstractBaseUser) -> None:
    """
    Send an event, and let the stock follow.

    Raises:
        Refused: The process does not allow it.
        IntegrityError: There are not enough parts; then the case has not moved either.
    """
    order = Order.objects.select_for_update().get(pk=pk)
    case = engine().send(order.case, event, fields, actor=actor_of(user), connection=connection)
    order.follow(case.state)
