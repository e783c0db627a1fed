"""What a person should know about a machine that came in or a process that went out."""

from __future__ import annotations

from attrs import frozen


@frozen
class Note:
    """One thing to look at: what it is about, and why; `kind` is the feature of a process that is lost, if one is."""

    about: str
    text: str
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.about}: {self.text}"
