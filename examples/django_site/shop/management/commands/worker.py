"""`manage.py worker`."""

from django.core.management.base import BaseCommand

from shop.ordering import engine
from svcflow import Worker
from svcflow.worker import stopped_by_signals


class Command(BaseCommand):
    """A worker with the hooks of this site; start as many as you like."""

    help = "Fire timers and deliver mails until it is stopped."

    def handle(self, **_: object) -> None:
        """Work until SIGTERM or Ctrl-C; a round that has begun is finished."""
        with stopped_by_signals() as stop:
            Worker(engine()).run(stop)
