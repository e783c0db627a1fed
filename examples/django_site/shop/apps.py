"""The shop as a part of a Django site."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ShopConfig(AppConfig):
    """Publishes its process whenever the database has been migrated: what is published already stays as it is."""

    name = "shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for migrations."""
        post_migrate.connect(self.publish, sender=self)

    @staticmethod
    def publish(**_: object) -> None:
        """Bring the process into the database."""
        from shop.ordering import PROCESS, engine  # noqa: PLC0415 - models can be imported only when all apps are there

        engine().publish(PROCESS)
