"""Support tickets over HTTP: what a user may do comes as forms, why not comes as a problem that a program can read."""

import logging
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Self, TypedDict

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel

import svcflow
from svcflow import errors

LOG = logging.getLogger("uvicorn.error")
PROCESS = Path(__file__).with_name("ticket.yaml")


# ── the engine, and its worker in a thread ─────────────────────────────────────────────────────────────────────────


class State(TypedDict):
    """What lives as long as the application."""

    engine: svcflow.Engine


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[State]:
    """Open the engine and run a worker beside the application."""
    stop = threading.Event()
    with svcflow.Engine(os.environ.get("TICKETS", "sqlite:///tickets.db")) as engine:
        engine.publish(PROCESS)
        engine.hook("notify", private=["email"])(send_mail)
        worker = threading.Thread(target=svcflow.Worker(engine).run, args=(stop,))
        worker.start()
        try:
            yield {"engine": engine}
        finally:
            stop.set()
            worker.join()


def send_mail(call: svcflow.HookCall) -> None:
    """Here a mail would go out, the customer's to `call.fields["email"]`; `call.key` tells a repeat from a new one."""
    LOG.info("ticket %s: tell %s: %s", call.case, ", ".join(to.name for to in call.to), call.message or call.cause)


app = FastAPI(title="Tickets", lifespan=lifespan)


# ── who asks, and for which ticket ─────────────────────────────────────────────────────────────────────────────────


def engine_of(request: Request) -> svcflow.Engine:
    """The engine of the application."""
    engine: svcflow.Engine = request.state.engine
    return engine


def actor_of(x_user: Annotated[str, Header()], x_roles: Annotated[str, Header()] = "") -> svcflow.Actor:
    """Who asks, as the gateway in front of us has found out; nobody else may be able to set these headers."""
    return svcflow.Actor(x_user, roles=x_roles.split())


Engine = Annotated[svcflow.Engine, Depends(engine_of)]
Actor = Annotated[svcflow.Actor, Depends(actor_of)]
Key = Annotated[str | None, Header(alias="Idempotency-Key")]
Fields = dict[str, Any]


def case_of(ticket: str, engine: Engine, actor: Actor) -> svcflow.Case:
    """The ticket of the path, for agents and for its customer; for everybody else there is none."""
    case = engine.case(ticket)
    if "agent" in actor.roles or case.fields["customer"] == actor.id:
        return case
    raise errors.CaseNotFound(ticket)


TicketCase = Annotated[svcflow.Case, Depends(case_of)]


# ── what they see: never a private field ───────────────────────────────────────────────────────────────────────────


class Ticket(BaseModel):
    """A ticket as it stands."""

    id: str
    state: str
    status: str
    opened_at: datetime
    fields: Fields

    @classmethod
    def of(cls, case: svcflow.Case, engine: svcflow.Engine) -> Self:
        """Leave private fields out."""
        private = engine.process(case.process, case.version).private
        fields = {name: value for name, value in case.fields.items() if name not in private}
        return cls(id=case.id, state=case.state, status=case.status, opened_at=case.opened_at, fields=fields)


class Question(BaseModel):
    """One field of a form."""

    name: str
    type: str
    required: bool
    choices: tuple[str, ...] = ()
    value: Any = None


class Form(BaseModel):
    """What may be sent, and what belongs to it."""

    event: str
    fields: tuple[Question, ...]

    @classmethod
    def of(cls, offer: svcflow.Offer, process: svcflow.Process) -> Self:
        """An offer of the menu, with the types of its fields."""
        asked = tuple(
            Question(
                name=name,
                type=process.fields[name].kind,
                required=name in offer.ask,
                choices=process.fields[name].choices,
                value=None if name in process.private else offer.present.get(name),
            )
            for name in (*offer.ask, *offer.may)
        )
        return cls(event=offer.event, fields=asked)


# ── what they can do ───────────────────────────────────────────────────────────────────────────────────────────────


@app.get("/form")
def opening_form(engine: Engine) -> Form:
    """What a new ticket needs."""
    process = engine.process("ticket")
    return Form.of(svcflow.Offer("open", process.opening.ask, process.opening.may), process)


@app.post("/tickets", status_code=201)
def open_ticket(fields: Fields, engine: Engine, actor: Actor, response: Response, key: Key = None) -> Ticket:
    """Open a ticket."""
    case = engine.open("ticket", fields, actor=actor, key=key)
    response.headers["Location"] = app.url_path_for("read_ticket", ticket=case.id)
    return Ticket.of(case, engine)


@app.get("/tickets")
def worklist(engine: Engine, actor: Actor, limit: int = 50) -> list[Ticket]:
    """The tickets that wait for this user, most urgent first."""
    return [Ticket.of(case, engine) for case in engine.worklist(actor, process="ticket", limit=limit)]


@app.get("/tickets/{ticket}")
def read_ticket(case: TicketCase, engine: Engine) -> Ticket:
    """One ticket."""
    return Ticket.of(case, engine)


@app.get("/tickets/{ticket}/menu")
def menu(case: TicketCase, engine: Engine, actor: Actor) -> list[Form]:
    """What this user may do with it now."""
    process = engine.process(case.process, case.version)
    return [Form.of(offer, process) for offer in engine.menu(case.id, actor=actor) if offer.refusal is None]


@app.post("/tickets/{ticket}/{event}")
def send(event: str, fields: Fields, case: TicketCase, engine: Engine, actor: Actor, key: Key = None) -> Ticket:
    """Do it."""
    return Ticket.of(engine.send(case.id, event, fields, actor=actor, key=key), engine)


# ── why not: RFC 9457 ──────────────────────────────────────────────────────────────────────────────────────────────


def problem(status: int, title: str, **more: object) -> JSONResponse:
    """Problem details."""
    content = jsonable_encoder({"status": status, "title": title, **more})
    return JSONResponse(content, status, media_type="application/problem+json")


@app.exception_handler(svcflow.Refused)
def refused(_: Request, error: svcflow.Refused) -> JSONResponse:
    """The process does not allow it: the code is for programs, `possible` says what is allowed instead."""
    why = error.refusal
    return problem(409, str(why), code=why.code, parameters=why.parameters, possible=why.possible)


@app.exception_handler(errors.SvcflowError)
def failed(_: Request, error: errors.SvcflowError) -> JSONResponse:
    """Everything else, by who can do something about it."""
    match error:
        case errors.NotFound():
            return problem(404, "no such ticket")
        case errors.KeyConflict():
            return problem(422, str(error))  # As the draft of the header says.
        case errors.InputError():
            return problem(400, str(error))
    LOG.error("%s", error)
    return problem(503, "please try again")
