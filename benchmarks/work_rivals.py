"""
The same work by others, on the same server: due jobs by APScheduler and Procrastinate, durable steps by DBOS.

Each does as little as it can: a job or a step is an empty function. Whoever is not installed is left out.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from threading import Semaphore
from types import MappingProxyType
from typing import TypeAlias

from benchmarks.postgres import Schema

Rival: TypeAlias = Callable[[Schema, int], float]
"""Does so many jobs or steps in an empty schema, and answers how many it did per second."""

INSTALL = "not installed; pip install -r benchmarks/requirements.txt"
PATIENCE = 120.0
THREADS = 10
"""Of the pool that runs APScheduler's jobs and Procrastinate's: APScheduler's own number."""

_ran = Semaphore(0)


def job() -> None:
    """A job of APScheduler's, which finds it by its name."""
    _ran.release()


def apscheduler(schema: Schema, jobs: int) -> float:
    """Due jobs per second: each is read from the store, run in a thread and deleted from the store."""
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore  # noqa: PLC0415 - a rival need not be there
    from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415 - the same

    url = schema.url().replace("postgresql:", "postgresql+psycopg:", 1)
    scheduler = BackgroundScheduler(jobstores={"default": SQLAlchemyJobStore(url=url)}, timezone="UTC")
    scheduler.start(paused=True)
    due = datetime.fromtimestamp(0, UTC)
    for _ in range(jobs):
        scheduler.add_job(job, "date", run_date=due, misfire_grace_time=None)
    began = time.perf_counter()
    scheduler.resume()
    for _ in range(jobs):
        assert _ran.acquire(timeout=PATIENCE), "APScheduler did not run all of its jobs"
    scheduler.shutdown()  # Which waits until the last one is deleted too.
    return jobs / (time.perf_counter() - began)


def procrastinate(schema: Schema, jobs: int) -> float:
    """Due jobs per second: each is fetched, run and marked as done, with some of them under way at a time."""
    from procrastinate import App, PsycopgConnector  # noqa: PLC0415 - a rival need not be there

    app = App(connector=PsycopgConnector(conninfo=schema.url()))

    async def nothing() -> None:
        """Do nothing."""

    task = app.task(name="nothing")(nothing)

    async def run() -> float:
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            await task.batch_defer_async(*[{}] * jobs)
            began = time.perf_counter()
            await app.run_worker_async(
                wait=False, concurrency=THREADS, install_signal_handlers=False, listen_notify=False
            )
            taken = time.perf_counter() - began
            left = await app.job_manager.list_jobs_async(status="todo")
            assert not list(left), "Procrastinate did not run all of its jobs"
            return jobs / taken

    return asyncio.run(run())


def dbos(schema: Schema, steps: int) -> float:
    """Steps per second of one workflow: the outcome of each is kept before the next begins."""
    from dbos import DBOS  # noqa: PLC0415 - a rival need not be there

    DBOS(
        config={
            "name": "bench",
            "system_database_url": schema.server,
            "dbos_system_schema": schema.name,
            "log_level": "ERROR",
        }
    )

    def nothing() -> None:
        """Do nothing."""

    def run(times: int) -> None:
        for _ in range(times):
            step()

    step, flow = DBOS.step()(nothing), DBOS.workflow()(run)
    DBOS.launch()
    try:
        flow(1)
        began = time.perf_counter()
        flow(steps)
        return steps / (time.perf_counter() - began)
    finally:
        DBOS.destroy(destroy_registry=True)


SCHEDULERS: Mapping[str, Rival] = MappingProxyType({"APScheduler": apscheduler, "Procrastinate": procrastinate})
FLOWS: Mapping[str, Rival] = MappingProxyType({"DBOS": dbos})
_PACKAGES = MappingProxyType({"APScheduler": "apscheduler", "Procrastinate": "procrastinate", "DBOS": "dbos"})


def missing(rivals: Mapping[str, Rival]) -> Mapping[str, str]:
    """Who of them cannot run here, and why."""
    for name in ("apscheduler", "procrastinate", "dbos"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return {name: INSTALL for name in rivals if find_spec(_PACKAGES[name]) is None}
