"""Hypothesis strategies for definitions, values and histories."""

from svcflow.testing.strategies.broken import Broken as Broken
from svcflow.testing.strategies.broken import broken_definitions as broken_definitions
from svcflow.testing.strategies.definition import definitions as definitions
from svcflow.testing.strategies.mutant import mutant_of as mutant_of
