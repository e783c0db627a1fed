"""What the phases of `svcflow test` and the forms of its answer are called, for what offers and what does them."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

Name: TypeAlias = Literal["check", "replay", "model", "stories", "paths", "explore", "faults", "machines"]
PHASES: tuple[Name, ...] = get_args(Name)
TriedFormat: TypeAlias = Literal["text", "json", "junit"]
