"""Two pages: the orders, and one order with what may be done with it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.db.models import QuerySet
from django.forms import modelform_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

import svcflow
from shop.models import Order
from shop.ordering import actor_of, engine, move, place
from svcflow.errors import ConflictError

OrderForm = modelform_factory(Order, fields=["part", "quantity"])


def seen_by(request: HttpRequest) -> QuerySet[Order]:
    """Those who work here see all orders, customers their own."""
    orders = Order.objects.select_related("part", "customer").order_by("pk")
    return orders if request.user.groups.exists() else orders.filter(customer=request.user)


@login_required
def orders(request: HttpRequest) -> HttpResponse:
    """The orders of this user, those first that wait for them; and a form for a new one."""
    form = OrderForm(request.POST or None)
    if form.is_valid():
        return redirect("order", place(request.user, **form.cleaned_data).pk)
    waiting = {case.id for case in engine().worklist(actor_of(request.user), process="order")}
    found = sorted(seen_by(request), key=lambda one: one.case not in waiting)
    return render(request, "shop/orders.html", {"orders": found, "waiting": waiting, "form": form})


@login_required
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """One order: how far it is, what may be done, what has been."""
    found = get_object_or_404(seen_by(request), pk=pk)
    if request.method == "POST":
        form = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
        try:
            move(pk, form.pop("event", ""), form, request.user)
        except svcflow.Refused as refused:
            messages.error(request, refused.refusal)
        except IntegrityError:
            messages.error(request, f"There are not enough of {found.part}.")
        except ConflictError:
            messages.error(request, "Somebody else was faster: look again.")
        return redirect("order", pk)
    actor = actor_of(request.user)
    context = {
        "order": found,
        "case": engine().case(found.case),
        "offers": [offer for offer in engine().menu(found.case, actor=actor) if offer.refusal is None],
        "journal": engine().journal(found.case, viewer=actor),
    }
    return render(request, "shop/order.html", context)
