"""`manage.py demo`."""

from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from shop.models import Part

PEOPLE = {"acme": (), "li": ("clerk",), "wu": ("warehouse",)}


class Command(BaseCommand):
    """The site with a few people and parts in it."""

    help = "Make the database, fill in some people and parts, and start the site."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where it listens."""
        parser.add_argument("address", nargs="?", default="127.0.0.1:8000")

    def handle(self, *, address: str, **_: object) -> None:
        """Everybody's password is `demo`."""
        call_command("migrate", verbosity=0)
        if not User.objects.exists():
            User.objects.create_superuser("admin", "admin@shop.example", "demo")
            for name, roles in PEOPLE.items():
                user = User.objects.create_user(name, f"{name}@shop.example", "demo")
                user.groups.set(Group.objects.get_or_create(name=role)[0] for role in roles)
            Part.objects.create(name="Panel", stock=3)
            Part.objects.create(name="Remote control", stock=20)
        self.stdout.write("Log in as acme (customer), li (clerk), wu (warehouse) or admin; the password is: demo")
        call_command("runserver", address, use_reloader=False)
