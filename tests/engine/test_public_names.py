"""What is public is promised: a name comes and goes with this list."""

from pathlib import Path

import svcflow

PUBLIC = {
    "SYSTEM", "Actor", "Case", "ClockView", "Decision", "Engine", "Event", "FileRef", "Followed", "HookCall",
    "InsideCall", "JournalEntry", "ManualClock", "Offer", "Process", "Qualification", "Recipient", "Refusal",
    "Refused", "SystemClock", "Tally", "Terms", "UNSEEN", "Unseen", "Worker", "aio", "archive", "catalog", "clocks",
    "decide", "errors", "import_machine", "load", "menu", "open_case",
}  # fmt: skip


def test_the_public_names_are_these() -> None:
    lines = Path(svcflow.__file__ or "").read_text(encoding="utf-8").splitlines()
    exported = {line.split(" as ")[1] for line in lines if " as " in line}
    assert exported == PUBLIC
    assert all(hasattr(svcflow, name) for name in PUBLIC)


def test_the_engine_offers_these_methods() -> None:
    assert {name for name in dir(svcflow.Engine) if not name.startswith("_")} == {
        "archive", "archived", "case", "cases", "clocks", "close", "erase", "follow", "hook", "incidents", "journal",
        "lags", "menu", "migrate", "note", "open", "outbox", "preview", "process", "process_of", "publish",
        "recalendar", "retire", "retry", "send", "send_many", "skip", "tick", "unheard", "verify", "versions",
        "worklist",
    }  # fmt: skip
