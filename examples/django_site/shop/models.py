"""What the shop keeps in tables of its own, and svcflow's table of cases, to look at."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

RESERVING = frozenset({"reserved", "shipped", "delivered"})


class Part(models.Model):
    """A spare part; the database lets nobody take more than there are."""

    name = models.CharField(max_length=100, unique=True)
    stock = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    """What is ordered. How far it has come is known by its case."""

    case = models.CharField(max_length=100, unique=True, editable=False)
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    part = models.ForeignKey(Part, models.PROTECT)
    quantity = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    taken = models.PositiveIntegerField(default=0, editable=False)

    def __str__(self) -> str:
        return f"{self.quantity} x {self.part}"

    def follow(self, state: str) -> None:
        """Take the parts from stock, or put them back, as the state of the case asks for."""
        taken = self.quantity if state in RESERVING else 0
        Part.objects.filter(pk=self.part_id).update(stock=models.F("stock") + self.taken - taken)
        self.taken = taken
        self.save(update_fields=["taken"])


class Case(models.Model):
    """A case as svcflow keeps it. It is moved by events alone: nothing is written here."""

    id = models.TextField(primary_key=True)
    process = models.TextField()
    version = models.IntegerField()
    status = models.TextField()
    state = models.TextField()
    opened_at = models.DateTimeField()
    moved_at = models.DateTimeField()

    class Meta:
        """The table is svcflow's, and so are its migrations."""

        managed = False
        db_table = "svcflow_case"
        ordering = ["-moved_at"]

    def __str__(self) -> str:
        return f"{self.process} {self.id}"
