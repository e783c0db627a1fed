"""Hypothesis strategies for definitions, values and histories."""

from svcflow.testing.strategies.broken import Broken as Broken
from svcflow.testing.strategies.broken import broken_definitions as broken_definitions
from svcflow.testing.strategies.calendar import calendars as calendars
from svcflow.testing.strategies.calendar import instants as instants
from svcflow.testing.strategies.chart import charts as charts
from svcflow.testing.strategies.definition import definitions as definitions
from svcflow.testing.strategies.history import History as History
from svcflow.testing.strategies.history import histories as histories
from svcflow.testing.strategies.mutant import mutant_of as mutant_of
from svcflow.testing.strategies.people import actors as actors
from svcflow.testing.strategies.people import contexts as contexts
