"""
`worker`: what it says and takes; and real processes that are stopped, killed and started again.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import frozen

from cli.shop import AGENT, STORE, Command, told
from svcflow import Actor, Engine, Tally, Worker
from svcflow.cli.failures import WRONG_USE
from svcflow.cli.health import Health
from svcflow.cli.processes import Post

APP = """
from svcflow import Engine
engine = Engine("sqlite:///shop.db")
heard = []

@engine.hook("notify")
def notify(call):
    with open("heard.txt", "a") as file:
        print(call.message or call.cause, [to.name for to in call.to], file=file)
"""

# Its hook tells the test where it is, and goes on when the test says so.
TALKING = """
import json, os, socket
from svcflow import Engine

engine = Engine("{store}")

@engine.hook("notify", inside={inside})
def notify(call):
    with socket.create_connection(("127.0.0.1", {port})) as line:
        line.sendall(json.dumps([os.getpid(), call.key, call.attempt]).encode() + b"\\n")
        line.makefile().readline()
"""

LI = Actor("li", roles={"agent"})
ORDER = {"customer": "acme", "fault": "no picture"}
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
WAIT = 300
"""Seconds after which a test gives up; nothing takes that long."""


@frozen
class Line:
    """
    A hook that waits for the test.
    """

    connection: socket.socket
    process: int
    key: str
    attempt: int

    def go_on(self) -> None:
        self.connection.close()


class Host:
    """
    An application with a store, and the test's end of its hooks.
    """

    def __init__(self, folder: Path, store: str, *, inside: bool = False) -> None:
        self.store, self._lines = store, list[Line]()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(WAIT)
        text = TALKING.format(store=store, port=self._server.getsockname()[1], inside=inside)
        (folder / "talking.py").write_text(text, encoding="utf-8")
        with self.engine() as engine:
            engine.publish(folder / "shop.yaml")

    def engine(self) -> Engine:
        return Engine(self.store)

    def handed_over(self, number: int) -> list[str]:
        """
        So many new cases, each with a call that waits.
        """
        with self.engine() as engine:
            cases = [engine.open("shop", ORDER, actor=LI).id for _ in range(number)]
            for case in cases:
                engine.send(case, "hand_over", {"owner": "kim"}, actor=LI)
        return cases

    def called(self) -> Line:
        """
        The next hook that begins.
        """
        connection, _ = self._server.accept()
        connection.settimeout(WAIT)
        self._lines.append(Line(connection, *json.loads(connection.makefile().readline())))
        return self._lines[-1]

    def answer(self) -> None:
        """
        Let every hook go on from now on.
        """

        def answer() -> None:
            with suppress(OSError):
                while True:
                    self.called().go_on()

        threading.Thread(target=answer, daemon=True).start()

    def close(self) -> None:
        """
        End it, with the hooks that still wait.
        """
        self._server.close()
        for line in self._lines:
            line.go_on()


@contextmanager
def worker(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """
    A worker of the talking application, at work.
    """
    command = [sys.executable, "-m", "svcflow.cli", "worker", "--app", "talking:engine", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as working:
        try:
            until(working, "working")
            yield working
        finally:
            if working.poll() is None:
                working.kill()


def until(working: subprocess.Popen[str], word: str) -> str:
    """
    Read what it says up to the line with this word in it.
    """
    assert working.stderr is not None
    for line in working.stderr:
        if word in line:
            return line
    raise AssertionError(f"it ended without saying {word!r}")


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, folder: Path) -> str:
    return str(request.getfixturevalue("postgres").make()) if request.param == "postgres" else STORE


@pytest.fixture
def host(folder: Path, store: str) -> Iterator[Host]:
    made = Host(folder, store)
    yield made
    made.close()


def test_one_round_of_a_worker_says_what_it_did(shop: Command, case: str) -> None:
    done = shop("worker", "--once", "--format", "json")
    assert done.data == {"fired": 0, "delivered": 0, "failed": 0, "parked": 0}


def test_a_worker_without_the_application_says_which_calls_wait(shop: Command, case: str) -> None:
    shop("send", case, "hand_over", "owner=kim", *AGENT)
    assert "calls of notify wait" in shop("worker", "--once").err


def test_a_hook_that_failed_is_told_by_the_worker_and_why_it_did_by_the_case(
    shop: Command, case: str, folder: Path
) -> None:
    shop("send", case, "hand_over", "owner=kim", *AGENT)
    broken = APP.replace("    with", "    raise RuntimeError('no gateway for 555-0199')\n    with")
    (folder / "broken_front.py").write_text(broken, encoding="utf-8")
    command = [sys.executable, "-m", "svcflow.cli", "worker", "--app", "broken_front:engine", "--once"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"hook notify failed for call {case}:" in done.stderr
    assert "(RuntimeError): to be tried again at 2" in done.stderr
    assert "Z; later calls of its case wait for it" in done.stderr
    (call,) = shop("show", case, "--format", "json").data["calls"]
    assert (call["hook"], call["state"], call["attempts"]) == ("notify", "waiting", 1)
    assert call["error"] == "RuntimeError: no gateway for ***"
    shown = " ".join(shop("show", case).out.split())
    assert "Calls not delivered yet HOOK STANDS TRIED NEXT TRY WHAT IT SAID notify waits 1 " in shown
    assert "RuntimeError: no gateway for ***" in shown
    assert shop("show", case, *AGENT, "--format", "json").data["calls"] == []


def test_a_worker_says_which_hooks_are_there_where_calls_wait_for_another(
    shop: Command, case: str, folder: Path
) -> None:
    shop("send", case, "hand_over", "owner=kim", *AGENT)
    (folder / "misspelt_front.py").write_text(APP.replace('"notify"', '"notfy"'), encoding="utf-8")
    command = [sys.executable, "-m", "svcflow.cli", "worker", "--app", "misspelt_front:engine", "--once"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = "calls of notify wait: nobody registered these hooks here; registered are notfy"
    assert done.stderr == f"note: {told}\n"


def test_a_worker_with_the_application_calls_its_hooks(shop: Command, case: str, folder: Path) -> None:
    shop("send", case, "hand_over", "owner=kim", *AGENT)
    (folder / "shopfront.py").write_text(APP, encoding="utf-8")
    command = [sys.executable, "-m", "svcflow.cli", "worker", "--app", "shopfront:engine", "--once"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "0 timers fired, 1 call delivered, 0 to be tried again, 0 parked\n"
    assert (folder / "heard.txt").read_text(encoding="utf-8") == "hand_over ['kim']\n"


@pytest.mark.parametrize(
    ("app", "said"),
    [
        ("shopfront", "is no MODULE:NAME"),
        ("nowhere_to_be_found:engine", "cannot be imported: ModuleNotFoundError"),
        ("json:loads", "is a function, not an svcflow.Engine"),
        ("json:nothing", "is nothing, not an svcflow.Engine"),
        ("broken_shopfront:engine", "cannot be imported: ZeroDivisionError: division by zero"),
    ],
)
def test_an_application_that_is_none_is_wrong_use(
    cli: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, app: str, said: str
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (folder / "broken_shopfront.py").write_text("1 / 0", encoding="utf-8")
    done = cli("worker", "--app", app)
    assert done.status == WRONG_USE
    assert said in told(done)[0]
    assert ("current folder" in told(done)[1]) == (app == "nowhere_to_be_found:engine")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_stops_gracefully(shop: Command, case: str, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "svcflow.cli", "worker", "--store", STORE]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as working:
        assert working.stderr is not None
        assert working.stderr.readline().startswith("working; ")
        working.send_signal(number)
        rest = working.stderr.read()
    assert working.returncode == 0
    assert rest.splitlines()[-1] == "stopped"
    assert shop("verify").status == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--grace", "soon"], "--grace: 'soon' is not a length of time"),
        (["--health", "0s"], "--health: 0 is no time between two lines"),
        (["--threads", "0"], "invalid value for '--threads'"),
        (["--health-file", "nowhere/health"], "--health-file: there is no folder nowhere"),
    ],
)
def test_options_that_make_no_sense_are_wrong_use(shop: Command, options: list[str], said: str) -> None:
    done = shop("worker", *options)
    assert done.status == WRONG_USE
    assert said in done.err


# ── one process ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_worker_told_to_stop_in_the_middle_of_a_hook_lets_it_end_and_begins_no_other(host: Host) -> None:
    host.handed_over(3)
    with worker("--threads", "1") as working:
        line = host.called()
        working.send_signal(signal.SIGTERM)
        until(working, "told to stop; calls under way: 1")
        line.go_on()
        assert working.wait(WAIT) == 0
    with host.engine() as engine:
        assert [(one.state, one.attempts) for one in engine.outbox()] == [("waiting", 0)] * 2
        assert line.key not in {one.call.key for one in engine.outbox()}


def test_a_hook_that_does_not_end_within_the_grace_is_left_to_others_at_once(host: Host) -> None:
    host.handed_over(1)
    with worker("--grace", "0.1s") as working:
        host.called()
        working.send_signal(signal.SIGTERM)
        assert working.wait(WAIT) == 0
    with worker() as working:
        again = host.called()
        assert again.attempt == 2
        again.go_on()
        working.send_signal(signal.SIGTERM)
        assert working.wait(WAIT) == 0
    with host.engine() as engine:
        assert engine.outbox() == ()


def test_a_second_signal_ends_it_on_the_spot(host: Host) -> None:
    host.handed_over(1)
    with worker("--grace", "1h") as working:
        host.called()
        working.send_signal(signal.SIGTERM)
        until(working, "told to stop")
        working.send_signal(signal.SIGTERM)
        assert working.wait(WAIT) == -signal.SIGTERM
    with host.engine() as engine:
        assert [one.state for one in engine.outbox()] == ["claimed"]
        assert engine.verify().broken == ()


def test_a_worker_told_to_stop_while_it_fires_timers_leaves_the_rest_due(folder: Path, store: str) -> None:
    host, number = Host(folder, store, inside=True), 250  # More than two batches, which may be under way at once.
    with host.engine() as engine:
        for _ in range(number):
            engine.open("shop", ORDER, actor=LI, at=MONDAY)
    with worker() as working:
        line = host.called()  # In the middle of a transaction.
        working.send_signal(signal.SIGTERM)
        until(working, "told to stop")
        line.go_on()
        host.answer()
        assert working.wait(WAIT) == 0
    with host.engine() as engine:
        fired = [case.id for case in engine.cases() if case.seq > 1]
        assert 0 < len(fired) < number
        assert engine.verify().broken == ()
        assert len(engine.store.due(engine.clock.now(), 999)) >= number - len(fired)
    host.close()


def test_it_says_how_it_is(host: Host, folder: Path) -> None:
    host.handed_over(1)
    file = folder / "alive"
    with worker("--health", "0.05s", "--health-file", str(file), "--format", "json") as working:
        host.called().go_on()
        assert working.stdout is not None
        for text in working.stdout:
            line = json.loads(text)
            if line["delivered"]:
                break
        assert line.keys() == {
            "at", "process", "fired", "delivered", "failed", "parked", "hanging", "timer_lag", "call_lag",
        }  # fmt: skip
        assert (line["process"], line["delivered"], line["hanging"]) == (None, 1, 0)
        assert file.exists()
        working.send_signal(signal.SIGTERM)
        working.stdout.read()
        assert working.wait(WAIT) == 0


def test_a_health_line_says_when_the_store_is_away_and_counts_from_the_line_before(shop: Command) -> None:
    with Engine(STORE) as engine:
        worker = Worker(engine)
        health = Health(worker, 2, "text", None)
        worker.progress.tally = Tally(fired=3, delivered=1)
        assert health.line().endswith(
            "Z process 2: 3 timers fired, 1 call delivered, 0 to be tried again, 0 parked, 0 hanging;"
            " timers 0.0 s late, calls 0.0 s late"
        )
        assert "0 timers fired, 0 calls delivered" in health.line()
    assert health.line().endswith("; the store cannot be used")


def test_the_health_file_is_touched_only_while_the_worker_looks_for_calls(folder: Path) -> None:
    file, turns, seen = folder / "alive", iter([0, 1, 0, 0]), list[bool]()
    working = Worker(Engine())

    class Looking(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            seen.append(file.exists())
            file.unlink(missing_ok=True)
            working.progress.turns += next(turns)
            return len(seen) == 4

    Health(working, None, "text", file).watch(timedelta(minutes=1), Looking(), lines=False)
    assert seen == [True, False, True, False]


# ── several ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("R148")
def test_two_processes_share_the_calls_of_one_store_and_end_together(host: Host) -> None:
    host.handed_over(6)
    with worker("--processes", "2", "--threads", "1") as working:
        first, second = host.called(), host.called()
        assert len({first.process, second.process, working.pid}) == 3
        keys = {first.key, second.key}
        first.go_on()
        second.go_on()
        for _ in range(4):
            line = host.called()
            keys.add(line.key)
            line.go_on()
        assert len(keys) == 6
        working.send_signal(signal.SIGTERM)
        assert working.wait(WAIT) == 0
        assert working.stderr is not None
        assert working.stderr.read().splitlines()[-1] == "stopped"
    with host.engine() as engine:
        assert {one.call.key for one in engine.outbox()} == set()


def test_a_process_that_dies_is_replaced(host: Host) -> None:
    host.handed_over(3)
    with worker("--processes", "2", "--threads", "1") as working:
        first, second = host.called(), host.called()
        os.kill(first.process, signal.SIGKILL)
        assert "status -9; it is started again in 1 s" in until(working, "has ended")
        third = host.called()
        assert third.process not in {first.process, second.process}
        second.go_on()
        third.go_on()
        working.send_signal(signal.SIGTERM)
        assert working.wait(WAIT) == 0
    with host.engine() as engine:
        assert [(one.call.key, one.state) for one in engine.outbox()] == [(first.key, "claimed")]


def test_the_processes_end_when_their_parent_is_killed(host: Host) -> None:
    host.handed_over(1)
    with worker("--processes", "2") as working:
        line = host.called()
        working.kill()
        until(working, "told to stop; calls under way: 1")
        line.go_on()
        assert working.stderr is not None
        working.stderr.read()  # To the end: until nobody holds it open any more.
    with host.engine() as engine:
        assert engine.outbox() == ()


def test_a_second_signal_to_the_parent_kills_them_all(host: Host) -> None:
    host.handed_over(1)
    with worker("--processes", "2", "--grace", "1h") as working:
        host.called()
        working.send_signal(signal.SIGTERM)
        until(working, "told to stop; calls under way: 1")
        working.send_signal(signal.SIGTERM)
        assert working.wait(WAIT) == 130
        assert working.stderr is not None
        working.stderr.read()


def test_a_process_that_keeps_dying_is_started_again_after_longer_and_longer_pauses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    post = Post(1)

    def pause(lived: float) -> str:
        post.began = time.monotonic() - lived
        post._ended(-signal.SIGKILL)
        return capsys.readouterr().err.split(" again in ")[1].strip()

    assert [pause(0) for _ in range(8)] == ["1 s", "2 s", "4 s", "8 s", "16 s", "32 s", "60 s", "60 s"]
    assert pause(61) == "1 s"


def test_processes_that_cannot_start_end_the_command(shop: Command, folder: Path) -> None:
    command = [sys.executable, "-m", "svcflow.cli", "worker", "--app", "nowhere:engine", "--processes", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == WRONG_USE
    assert "nowhere cannot be imported" in done.stderr
