"""
Every broken promise has a name, and every name is told where people look for it.
"""

from pathlib import Path

from svcflow.testing import violations

KINDS = [kind.__name__ for kind in violations.Violation.__subclasses__() if kind.__module__ == violations.__name__]
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "testing.md"


def test_every_kind_stands_in_the_reference() -> None:
    text = PAGE.read_text("utf-8")
    assert [name for name in KINDS if f"| `{name}` |" not in text] == []


def test_every_kind_stands_in_the_tree_of_the_module() -> None:
    tree = violations.__doc__ or ""
    assert [name for name in KINDS if f"─ {name} " not in tree] == []
