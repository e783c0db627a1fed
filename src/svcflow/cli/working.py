"""What one process of `svcflow worker` does: an engine of its own, a worker, and what it says of its health."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from attrs import frozen

from svcflow.cli import output
from svcflow.cli.authors import foresee
from svcflow.cli.failures import WrongUse
from svcflow.cli.health import Health
from svcflow.cli.modules import module_of
from svcflow.cli.session import desk
from svcflow.engine import Engine
from svcflow.worker import Worker

TOUCH_EVERY = timedelta(seconds=10)
"""How often a health file is touched when no health lines are asked for."""


@frozen
class Orders:
    """What the command line says, for each of its processes."""

    store: str | None
    app: str | None
    threads: int
    grace: timedelta
    health: timedelta | None = None
    health_file: Path | None = None
    format: output.Format = "text"


@contextmanager
def engine_for(orders: Orders) -> Iterator[Engine]:
    """
    The application's engine, or one on the store.

    Raises:
        WrongUse: If there is neither, or the application has none.
    """
    if orders.app is not None:
        with _engine_of(orders.app) as engine:
            yield engine
    elif orders.store is not None:
        with desk(orders.store) as engine:
            yield engine
    else:
        raise WrongUse("a worker needs a store or an application", "give `--store URL` or `--app MODULE:NAME`")


def remark(engine: Engine) -> None:
    """Say what an operator should know before: calls that nobody takes, what is parked, holidays that nobody knows."""
    unheard = engine.unheard()
    if unheard:
        here = f"; registered are {', '.join(engine.hooks.names)}" if engine.hooks.names else ""
        output.say(f"note: calls of {', '.join(unheard)} wait: nobody registered these hooks here{here}")
    parked = len(engine.incidents())
    if parked:
        held = f"{parked} parked, and what comes later in {'its case' if parked == 1 else 'their cases'} waits"
        output.say(f"note: {held}; `svcflow incidents` lists what failed")
    newest = {record.name for record in engine.store.processes("")}
    foresee([engine.process(name) for name in sorted(newest)], engine.clock.now())


def log(level: int) -> None:
    """Let what goes wrong at work be read."""
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")


def work(orders: Orders, stop: threading.Event, ready: Callable[[], object], process: int | None = None) -> None:
    """Work until `stop` is set, as the only process or as one of several, the first of which makes the remarks."""
    log(logging.INFO)
    with engine_for(orders) as engine:
        if process in {None, 1}:
            remark(engine)
        worker = Worker(engine, threads=orders.threads, grace=orders.grace)
        with _health(orders, worker, process):
            ready()
            worker.run(stop)


@contextmanager
def _health(orders: Orders, worker: Worker, process: int | None) -> Iterator[None]:
    """Beside the worker, until it has ended: what finishes within its grace is still told of."""
    over, file = threading.Event(), orders.health_file
    if file is not None and process is not None:
        file = file.with_name(f"{file.name}.{process}")
    watch = Health(worker, process, orders.format, file).watch
    every = orders.health or TOUCH_EVERY
    thread = threading.Thread(target=watch, args=(every, over), kwargs={"lines": orders.health is not None})
    if orders.health is not None or file is not None:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if thread.ident is not None:
            thread.join()


def _engine_of(name: str) -> Engine:
    """The engine that an application made: `module:name`, found from the current folder as Python would find it."""
    module_name, sign, attribute = name.partition(":")
    if not (module_name and sign and attribute):
        raise WrongUse(f"--app: {name!r} is no MODULE:NAME", "write it like --app shop.service:engine")
    module = module_of(module_name, "--app: ")
    engine = getattr(module, attribute, None)
    if not isinstance(engine, Engine):
        what = "nothing" if engine is None else f"a {type(engine).__name__}"
        raise WrongUse(f"--app: {attribute!r} in {module_name} is {what}, not an svcflow.Engine")
    return engine
