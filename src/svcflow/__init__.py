"""
The public names of svcflow, and nothing else.
"""

from svcflow import aio as aio
from svcflow import archive as archive
from svcflow import catalog as catalog
from svcflow import clocks as clocks
from svcflow import errors as errors
from svcflow.clocks import ManualClock as ManualClock
from svcflow.clocks import SystemClock as SystemClock
from svcflow.core.case import Case as Case
from svcflow.core.decide import decide as decide
from svcflow.core.decide import menu as menu
from svcflow.core.decide import open_case as open_case
from svcflow.core.decision import Decision as Decision
from svcflow.core.decision import HookCall as HookCall
from svcflow.core.decision import JournalEntry as JournalEntry
from svcflow.core.decision import Offer as Offer
from svcflow.core.decision import Recipient as Recipient
from svcflow.core.decision import Refusal as Refusal
from svcflow.core.event import SYSTEM as SYSTEM
from svcflow.core.event import Actor as Actor
from svcflow.core.event import Event as Event
from svcflow.core.event import FileRef as FileRef
from svcflow.core.event import Qualification as Qualification
from svcflow.core.process import Process as Process
from svcflow.core.sight import UNSEEN as UNSEEN
from svcflow.core.sight import Unseen as Unseen
from svcflow.engine import Engine as Engine
from svcflow.errors import Refused as Refused
from svcflow.hooks import InsideCall as InsideCall
from svcflow.inquiry import ClockView as ClockView
from svcflow.interchange import import_machine as import_machine
from svcflow.language import load as load
from svcflow.rounds import Tally as Tally
from svcflow.rounds import Terms as Terms
from svcflow.stores.followed import Followed as Followed
from svcflow.worker import Worker as Worker
