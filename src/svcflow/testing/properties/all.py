"""All built-in properties, in the order in which they look."""

from __future__ import annotations

from svcflow.testing.properties import Properties
from svcflow.testing.properties.answers import AnswersAgree, KeysHold, RefusalsChangeNothing
from svcflow.testing.properties.defined import AsDefined
from svcflow.testing.properties.finish import Finishes
from svcflow.testing.properties.kept import StoreKeeps
from svcflow.testing.properties.lost import NothingLost
from svcflow.testing.properties.machines import MachinesAgree
from svcflow.testing.properties.order import TimeGoesOn
from svcflow.testing.properties.private import PrivateStaysPrivate
from svcflow.testing.properties.replayed import JournalsReplay
from svcflow.testing.properties.seen import SeenAsSaid
from svcflow.testing.properties.split import WaitsMayBeCut
from svcflow.testing.properties.times import TimesKept
from svcflow.testing.properties.versions import VersionsStay

BUILT_IN: Properties = (
    RefusalsChangeNothing,
    NothingLost,
    PrivateStaysPrivate,
    SeenAsSaid,
    VersionsStay,
    TimeGoesOn,
    AsDefined,
    TimesKept,
    AnswersAgree,
    MachinesAgree,
    StoreKeeps,
    Finishes,
    JournalsReplay,
    KeysHold,
    WaitsMayBeCut,
)
"""Those that know best what is wrong look first."""
