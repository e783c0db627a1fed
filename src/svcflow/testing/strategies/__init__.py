"""Hypothesis strategies for definitions, values and histories."""

from svcflow.testing.strategies.definition import definitions as definitions
