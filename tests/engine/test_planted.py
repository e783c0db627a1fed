"""Secrets planted in every private field come out nowhere, however cases are told, kept, logged, refused or failed."""

from __future__ import annotations

import gzip
import logging
import sqlite3
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import product
from pathlib import Path
from random import Random
from typing import TypeAlias

import psycopg
import pytest
from attrs import frozen
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from psycopg import sql

from engine.planted import (
    AGENT,
    CALLER,
    CORRECTED,
    LEAD,
    SECRETS,
    STRANGER,
    WRONG,
    HostError,
    Scene,
    leaked,
    write_files,
)
from svcflow.cli import main
from svcflow.cli.app import COMMANDS
from svcflow.cli.failures import WRONG_USE
from svcflow.clocks import ManualClock
from svcflow.engine import Engine
from svcflow.telemetry import instrument

Run: TypeAlias = Callable[..., Iterator[str]]


@frozen
class Stage:
    """The scene played, the URL of its store, a folder with its files, and a command line that answers all it says."""

    scene: Scene
    url: str
    folder: Path
    clock: ManualClock
    run: Run
    ran: set[str]
    spans: InMemorySpanExporter
    meters: InMemoryMetricReader

    @property
    def engine(self) -> Engine:
        return self.scene.engine


# ── what the engine answers ────────────────────────────────────────────────────────────────────────────────────────


def journals(stage: Stage) -> Iterable[object]:
    for case, viewer in product(stage.scene.cases, (None, AGENT, LEAD, STRANGER)):
        yield from stage.engine.journal(case, viewer=viewer)


def clocks(stage: Stage) -> Iterable[object]:
    return [stage.engine.clocks(case) for case in stage.scene.cases]


def menus_of_those_who_may_do_nothing(stage: Stage) -> Iterable[object]:
    return [stage.engine.menu(case, actor=STRANGER) for case in stage.scene.cases]


def previews_that_are_refused(stage: Stage) -> Iterable[object]:
    for case, actor in product(stage.scene.cases, (STRANGER, CALLER)):
        yield stage.engine.preview(case, "correct", CORRECTED, actor=actor)


def refusals_and_exceptions(stage: Stage) -> Iterable[object]:
    for problem in stage.scene.said:
        yield from (problem, vars(problem), problem.args)
        yield "".join(_traceback(problem))


def _traceback(problem: BaseException) -> Iterator[str]:
    """As a log shows it; what the host's own function raised is the host's, and no word of ours."""
    yield from traceback.format_exception(problem, chain=False)
    before = problem.__cause__ or problem.__context__
    if before is not None and not isinstance(before, HostError):
        yield from _traceback(before)


def calls_of_hooks_that_named_nothing(stage: Stage) -> Iterable[object]:
    return stage.scene.unaware


def deliveries_and_incidents(stage: Stage) -> Iterable[object]:
    return (*stage.engine.outbox(), *stage.engine.incidents(), *stage.engine.unheard())


def verification(stage: Stage) -> Iterable[object]:
    return [stage.engine.verify()]


def migrations(stage: Stage) -> Iterable[object]:
    stage.engine.publish(stage.folder / "newer.yaml")
    return (
        stage.engine.migrate("vault", from_version=1, dry_run=True),
        stage.engine.migrate("vault", from_version=1, cases=[stage.scene.other]),
    )


def lags(stage: Stage) -> Iterable[object]:
    return [stage.engine.lags()]


def what_followers_get(stage: Stage) -> Iterable[object]:
    return list(stage.engine.follow("crm"))


def archives(stage: Stage) -> Iterable[object]:
    """The person in the private field is asked for as the owner; private values go into a file of their own."""
    folder = stage.folder / "archives"
    folder.mkdir()
    stage.clock.advance(timedelta(days=1))
    done = stage.engine.archive(folder, older_than=timedelta(), owner="keeper", private=True)
    assert done.cases > 0
    yield done
    yield stage.engine.archived()
    for file in done.files:
        with gzip.open(file.path) as lines:
            yield lines.read().decode()
        for more in ((), ("--verify",), (stage.scene.ended,)):
            yield from stage.run("archived", "--file", file.path, *more)


def spans_and_metrics(stage: Stage) -> Iterable[object]:
    yield [span.to_json() for span in stage.spans.get_finished_spans()]
    yield stage.meters.get_metrics_data()


# ── what the database holds, but for the one table of private values ───────────────────────────────────────────────


def rows(stage: Stage) -> Iterable[object]:
    read = _rows_of_postgres if stage.url.startswith("postgres") else _rows_of_sqlite
    return read(stage) if stage.url != ":memory:" else ()


def _rows_of_sqlite(stage: Stage) -> Iterator[object]:
    with closing(sqlite3.connect(stage.url.removeprefix("sqlite:///"))) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        assert "svcflow_private" in tables
        for table in tables:
            if table != "svcflow_private":
                yield from database.execute(f'SELECT * FROM "{table}"')


def _rows_of_postgres(stage: Stage) -> Iterator[object]:
    with closing(psycopg.connect(stage.url)) as database:
        found = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        tables = [name for (name,) in found]
        assert "svcflow_private" in tables
        for table in tables:
            if table != "svcflow_private":
                yield from database.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))


# ── what commands print ────────────────────────────────────────────────────────────────────────────────────────────


def commands_about_a_store(stage: Stage) -> Iterable[object]:
    if stage.url == ":memory:":
        return
    case, stranger = stage.scene.case, ("--actor", "nobody")
    agent = ("--actor", "li", "--role", "agent")
    form = [f"{name}={CORRECTED[name]}" for name in ("words", "keeper", "amount", "born", "rank")]
    wrong = [f"{name}=kumquat vermilion" for name in WRONG]
    for one, command in product(stage.scene.cases, (("show",), ("journal",), ("journal", "--viewer", "acme"))):
        yield from stage.run(*command, one)
    for who in (agent, stranger):
        yield from stage.run("show", case, *who)
    yield from stage.run("cases", "--late")
    yield from stage.run("cases", "--waiting-for", "agent")
    yield from stage.run("cases", "--where", "words=quince")
    yield from stage.run("incidents")
    yield from stage.run("follow", "--name", "erp", "--once")
    yield from stage.run("versions", "vault")
    yield from stage.run("verify")
    yield from stage.run("worker", "--once")
    yield from stage.run("open", "vault", "customer=acme", *form, *agent)
    yield from stage.run("open", "vault", "customer=acme", *wrong, *agent)
    yield from stage.run("send", case, "correct", *form, *agent)
    yield from stage.run("send", case, "correct", *wrong, *agent)
    yield from stage.run("send", case, "correct", *form, *stranger)
    yield from stage.run("minimise", case, "vault.yaml")
    yield from stage.run("migrate", "vault", "--dry-run")
    yield from stage.run("migrate", "vault")
    yield from stage.run("recalendar", "--dry-run")
    yield from stage.run("archive", "--older-than", "30d", "--to", "archives")
    yield from stage.run("learn", "vault")
    yield from stage.run("erase", stage.scene.other, "--reason", "asked for")


def reports_of_a_store(stage: Stage) -> Iterable[object]:
    if stage.url == ":memory:":
        return
    yield from stage.run("report", "--by", "person+status")
    yield from stage.run("report", "--format", "json")
    yield from stage.run("report", "--process", "vault", "--versions", "1,2", "--by", "person")
    yield from stage.run("report", "--by", "person+status", "--to", "report.html")
    yield (stage.folder / "report.html").read_text(encoding="utf-8")
    yield from stage.run("report", "--process", "vault", "--versions", "1,2", "--to", "both.html", "--language", "zh")
    yield from stage.run("report", "--process", "vault", "--to", "vault.svg")
    yield from ((stage.folder / name).read_text(encoding="utf-8") for name in ("both.html", "vault.svg"))
    yield from stage.run("watch", "--measures", "watch.yaml", "--open")
    yield from stage.run("watch", "--measures", "watch.yaml", "--format", "json")


def commands_about_a_process(stage: Stage) -> Iterable[object]:
    """They know of no case; a replay makes some, and says what became of them."""
    for command in (("check",), ("draw",), ("docs", "-o", "pages"), ("export", "--to", "scxml")):
        yield from stage.run(command[0], "vault.yaml", *command[1:])
    log = ("replay", "vault.yaml", "--log", "log.csv", "--map", "map.yaml")
    yield from stage.run(*log, "--cases", "cases.csv")
    yield from stage.run(*log, "--store", f"sqlite:///{stage.folder}/history.db")
    yield (stage.folder / "cases.csv").read_text(encoding="utf-8")
    yield from stage.run("simulate", "vault.yaml", "--scenario", "scenario.yaml", "--log", "simulated.csv")
    yield from stage.run("simulate", "vault.yaml", "--scenario", "scenario.yaml", "--against", "scenario.yaml")
    yield (stage.folder / "simulated.csv").read_text(encoding="utf-8")


OUTPUTS: tuple[Callable[[Stage], Iterable[object]], ...] = (
    journals,
    clocks,
    menus_of_those_who_may_do_nothing,
    previews_that_are_refused,
    refusals_and_exceptions,
    calls_of_hooks_that_named_nothing,
    deliveries_and_incidents,
    verification,
    lags,
    what_followers_get,
    rows,
    commands_about_a_process,
    archives,
    migrations,
    reports_of_a_store,
    commands_about_a_store,
    spans_and_metrics,
    rows,
)
"""Whatever can be put out: a new command or question is added here. Those that change something come last."""


WITHOUT_A_STORE = frozenset({"check", "docs", "draw", "export", "replay", "simulate", "archived"})

WITHOUT_CASES = frozenset(
    {
        "demo",
        "diff",
        "explain",
        "fmt",
        "import",
        "init",
        "lock",
        "lsp",
        "model",
        "publish",
        "rename",
        "retire",
        "schema",
        "test",
        "try",
    }
)

WITHOUT_JSON = frozenset({"docs", "learn", "draw", "export", "follow", "worker"})


@pytest.fixture
def stage(
    url: str,
    clock: ManualClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Stage]:
    folder = tmp_path / "processes"
    folder.mkdir()
    write_files(folder)
    monkeypatch.chdir(folder)

    ran: set[str] = set()

    def run(*arguments: str) -> Iterator[str]:
        ran.add(arguments[0])
        store = ("--store", url) if arguments[0] not in WITHOUT_A_STORE else ()
        for format_ in ((), ("--format", "json")) if arguments[0] not in WITHOUT_JSON else ((),):
            status = main([*arguments, *store, *format_])
            assert (*arguments, status) != (*arguments, WRONG_USE)
            yield from capsys.readouterr()

    with caplog.at_level(logging.DEBUG), Engine(url, clock=clock, random=Random(7), people=_somebody) as engine:
        spans, meters, tracer = InMemorySpanExporter(), InMemoryMetricReader(), TracerProvider()
        tracer.add_span_processor(SimpleSpanProcessor(spans))
        instrument(engine, tracer_provider=tracer, meter_provider=MeterProvider([meters]))
        engine.publish(folder / "vault.yaml")
        yield Stage(Scene(engine), url, folder, clock, run, ran, spans, meters)


def _somebody(person: str) -> bool:
    return person != "person-stranger"


@pytest.mark.requirement("R102", "R230")
def test_no_output_tells_what_was_planted(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    found: dict[str, set[str]] = {}
    for output in OUTPUTS:
        for told in output(stage):
            found.setdefault(output.__name__, set()).update(leaked(f"{told}\n{told!r}"))
    found["logs"] = set(leaked(caplog.text))
    assert {name: secrets for name, secrets in found.items() if secrets} == {}
    assert stage.url == ":memory:" or set(COMMANDS) - stage.ran == WITHOUT_CASES
    assert len(found) >= len(set(OUTPUTS)) - 2  # A store in memory has neither rows nor commands.


def test_what_was_planted_is_there_for_those_who_may_see_it(stage: Stage) -> None:
    """Else nothing could be found, and the test above could not fail."""
    seen = [value for case in stage.scene.cases for value in stage.engine.case(case).fields.values()]
    assert set(SECRETS) <= set(leaked("\n".join([*map(str, seen), *map(repr, seen)])))
    assert "okapi" in repr([call.fields for call in stage.scene.aware])
    codes = {getattr(getattr(problem, "refusal", None), "code", None) for problem in stage.scene.said}
    assert codes >= {"form", "forbidden", "barred", "earlier", "not_here", "unknown_event", "no_alternative", "hook"}
    assert {one.kind for one in stage.engine.incidents()} == {"hook"}
