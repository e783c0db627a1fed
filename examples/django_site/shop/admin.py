"""What those who run the shop see."""

from django.contrib import admin

from shop.models import Case, Order, Part


class ReadOnly(admin.ModelAdmin):
    """Looked at, and not changed: that would go past the process."""

    def nobody(self, *_: object, **__: object) -> bool:
        """Who may change it."""
        return False

    has_add_permission = has_change_permission = has_delete_permission = nobody


@admin.register(Case)
class CaseAdmin(ReadOnly):
    """All cases, those first that moved last."""

    list_display = ("id", "process", "version", "state", "status", "opened_at", "moved_at")
    list_filter = ("process", "status", "state")
    search_fields = ("id",)


@admin.register(Order)
class OrderAdmin(ReadOnly):
    """All orders."""

    list_display = ("id", "customer", "part", "quantity", "taken", "case")


@admin.register(Part)
class PartAdmin(admin.ModelAdmin):
    """Parts, and how many there are."""

    list_display = ("name", "stock")
