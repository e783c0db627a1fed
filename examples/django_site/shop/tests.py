"""
What the shop promises: `manage.py test`.

Each test commits as the site does; a `TestCase` would hold all in one transaction, which the engine's own connections
would not see.
"""

import re

from django.contrib.auth.models import Group, User
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client, TransactionTestCase

import svcflow
from shop.models import Case, Order, Part
from shop.ordering import engine, move, place


class ShopTests(TransactionTestCase):
    """A customer, a clerk, somebody in the warehouse, and three panels."""

    def setUp(self) -> None:
        """Fill the shop."""
        self.panel = Part.objects.create(name="Panel", stock=3)
        self.acme = User.objects.create_user("acme", "acme@shop.example")
        self.li, self.wu = (self.employ(name, role) for name, role in (("li", "clerk"), ("wu", "warehouse")))

    @staticmethod
    def employ(name: str, role: str) -> User:
        """Somebody with a role."""
        user = User.objects.create_user(name, f"{name}@shop.example")
        user.groups.add(Group.objects.get_or_create(name=role)[0])
        return user

    def page(self, user: User) -> Client:
        """The site, as this user sees it."""
        client = Client()
        client.force_login(user)
        return client

    def stands(self, order: Order) -> tuple[str, int]:
        """The state of an order, and how many panels are left."""
        self.panel.refresh_from_db()
        return engine().case(order.case).state, self.panel.stock

    def test_the_stock_follows_the_case(self) -> None:
        """Reserved parts are taken, and put back when the order is cancelled."""
        order = place(self.acme, self.panel, 2)
        move(order.pk, "reserve", {}, self.li)
        self.assertEqual(self.stands(order), ("reserved", 1))
        move(order.pk, "cancel", {}, self.acme)
        self.assertEqual(self.stands(order), ("cancelled", 3))

    def test_a_case_does_not_move_where_the_shop_has_too_little(self) -> None:
        """The database refuses a stock below nothing, and the event is undone with it."""
        order = place(self.acme, self.panel, 4)
        with self.assertRaises(IntegrityError):
            move(order.pk, "reserve", {}, self.li)
        self.assertEqual(self.stands(order), ("received", 3))
        self.assertEqual(engine().outbox(order.case), ())

    def test_a_larger_transaction_survives_a_move_that_fails(self) -> None:
        """What is placed in it stays."""
        with transaction.atomic():
            order = place(self.acme, self.panel, 4)
            with self.assertRaises(IntegrityError):
                move(order.pk, "reserve", {}, self.li)
        self.assertEqual(self.stands(order), ("received", 3))

    def test_the_stock_does_not_move_where_the_process_refuses(self) -> None:
        """A customer does not reserve."""
        order = place(self.acme, self.panel, 1)
        with self.assertRaises(svcflow.Refused):
            move(order.pk, "reserve", {}, self.acme)
        self.assertEqual(self.stands(order), ("received", 3))

    def test_an_order_that_cannot_be_written_leaves_no_case(self) -> None:
        """Both or neither."""
        before = engine().cases()
        with self.assertRaises(IntegrityError):
            place(self.acme, self.panel, -1)
        self.assertEqual((engine().cases(), Order.objects.count()), (before, 0))

    def test_mails_go_out_after_the_commit(self) -> None:
        """To a group when something waits for it, to the customer when it is on its way."""
        order = place(self.acme, self.panel, 1)
        move(order.pk, "reserve", {}, self.li)
        move(order.pk, "ship", {"tracking": "4711"}, self.wu)
        self.assertEqual(mail.outbox, [])
        while engine().tick():
            pass
        self.assertEqual([one.to for one in mail.outbox], [["wu@shop.example"], ["acme@shop.example"]])
        self.assertEqual(mail.outbox[1].subject, f"Order {order.pk}: shipped")

    def test_the_pages_take_an_order_from_the_customer_to_the_warehouse(self) -> None:
        """What a page offers is what this user may do."""
        acme, li = self.page(self.acme), self.page(self.li)
        there = acme.post("/", {"part": self.panel.pk, "quantity": 2}).url
        self.assertContains(li.get("/"), "waits for you")
        self.assertEqual(self.offered(acme, there), ["cancel"])
        self.assertEqual(self.offered(li, there), ["reserve", "reject", "cancel"])
        li.post(there, {"event": "reserve"})
        self.assertContains(acme.get(there), "2 x Panel for acme: reserved")

    def test_the_pages_say_why_not(self) -> None:
        """Refused by the process, or by the stock."""
        acme, li = self.page(self.acme), self.page(self.li)
        there = acme.post("/", {"part": self.panel.pk, "quantity": 4}).url
        self.assertContains(acme.post(there, {"event": "reserve"}, follow=True), "reserve refused (forbidden)")
        self.assertContains(li.post(there, {"event": "reserve"}, follow=True), "There are not enough of Panel.")
        self.assertContains(li.post(there, {"event": "reject"}, follow=True), "reason must be filled in")

    def test_nobody_sees_orders_of_others(self) -> None:
        """Who is not logged in sees none at all."""
        there = f"/{place(self.acme, self.panel, 1).pk}/"
        zeta = self.page(User.objects.create_user("zeta"))
        self.assertEqual(zeta.get(there).status_code, 404)
        self.assertEqual(zeta.post(there, {"event": "cancel"}).status_code, 404)
        self.assertRedirects(Client().get(there), f"/login/?next={there}")

    def test_the_admin_lists_cases_and_changes_none(self) -> None:
        """They are read from svcflow's own table."""
        order = place(self.acme, self.panel, 1)
        admin = self.page(User.objects.create_superuser("root"))
        self.assertContains(admin.get("/admin/shop/case/", {"q": order.case}), "received")
        self.assertContains(admin.get("/admin/shop/order/"), order.case)
        page = f"/admin/shop/case/{order.case}/"
        self.assertEqual(
            (admin.get(f"{page}change/").status_code, admin.post(f"{page}delete/").status_code), (200, 403)
        )
        self.assertEqual(Case.objects.get(pk=order.case).state, "received")

    @staticmethod
    def offered(client: Client, page: str) -> list[str]:
        """The events that a page has buttons for."""
        return re.findall(r'name="event" value="(\w+)"', client.get(page).content.decode())
