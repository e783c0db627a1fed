"""A command that makes many values leaves the collector of garbage as it was."""

import gc

import pytest

from svcflow.cli.seldom import collecting_seldom


def test_garbage_is_collected_as_before_when_a_long_command_is_over() -> None:
    before = gc.get_threshold()
    with collecting_seldom():
        assert gc.get_threshold()[0] > before[0]
        assert gc.get_freeze_count() > 0
    with pytest.raises(KeyError), collecting_seldom():
        raise KeyError
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
