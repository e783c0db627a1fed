"""All built-in properties, in the order in which they look."""

from __future__ import annotations

from svcflow.testing.properties import Properties
from svcflow.testing.properties.defined import AsDefined
from svcflow.testing.properties.finish import Finishes
from svcflow.testing.properties.kept import StoreKeeps

BUILT_IN: Properties = (StoreKeeps, AsDefined, Finishes)
