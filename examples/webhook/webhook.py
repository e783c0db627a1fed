"""
What happens to cases, posted to another program as signed CloudEvents; and that program, which checks and keeps them.

The events are CloudEvents 1.0 in JSON, the signatures those of Standard Webhooks. Nothing but the standard library.
"""

import base64
import hashlib
import hmac
import json
import sys
import threading
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import svcflow

CLOCK = svcflow.SystemClock()
TOLERANCE = 300  # Seconds, as the standard proposes.
LONGEST_BODY = 1_000_000
LONGEST_PAUSE = 60.0


# ── both sides ─────────────────────────────────────────────────────────────────────────────────────────────────────


def signature(secret: str, id_: str, timestamp: str, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 of all that must not be changed; a secret is `whsec_` and its bytes in Base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{id_}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


# ── the sender ─────────────────────────────────────────────────────────────────────────────────────────────────────


def cloud_event(one: svcflow.Followed) -> dict[str, Any]:
    """A journal entry for others; its id never changes, however often it is sent."""
    entry = one.entry
    return {
        "specversion": "1.0",
        "id": f"{quote(one.case, safe='')}:{entry.seq}",
        "source": f"/svcflow/{quote(one.tenant, safe='')}",
        "type": f"svcflow.{one.process}.{entry.kind}",
        "subject": one.case,
        "time": entry.at.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "name": entry.name,
            "actor": entry.actor.id,
            "fields": {name: str(value) for name, value in entry.fields.items() if value is not None},
            "entered": [state for move in entry.moves for state in move.entered],
        },
    }


def post(url: str, secret: str, event: dict[str, Any], timeout: float = 10) -> None:
    """Send one event; an `OSError` says that the receiver did not take it."""
    body = json.dumps(event).encode()
    now = str(int(CLOCK.now().timestamp()))
    headers = {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        "webhook-id": event["id"],
        "webhook-timestamp": now,
        "webhook-signature": signature(secret, event["id"], now, body),
    }
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - the address is the host's own
    with urllib.request.urlopen(request, timeout=timeout):  # noqa: S310 - the same
        pass


def send(engine: svcflow.Engine, url: str, secret: str, stop: threading.Event, pause: float = 1.0) -> None:
    """Post whatever happens until `stop` is set; what the receiver does not take comes again, after growing pauses."""
    wait = pause
    while not stop.is_set():
        try:
            # Ten posts of ten seconds each end within the lease.
            for batch in engine.follow(
                "webhook", limit=10, lease=timedelta(minutes=2), poll=timedelta(seconds=pause), stop=stop
            ):
                for one in batch:
                    post(url, secret, cloud_event(one))
                wait = pause
        except OSError as problem:
            print(f"not taken, next try in {wait:g} s: {problem}", file=sys.stderr)
            stop.wait(wait)
            wait = min(wait * 2, LONGEST_PAUSE)


# ── the receiver ───────────────────────────────────────────────────────────────────────────────────────────────────


class ForgedError(Exception):
    """This was not sent by who has the secret, or not just now."""


def verified(secret: str, headers: Any, body: bytes, now: float) -> Any:  # noqa: ANN401 - headers of any library, JSON
    """The event in a request; during a change of secrets a sender may give several signatures."""
    id_, timestamp, given = (headers.get(f"webhook-{name}") or "" for name in ("id", "timestamp", "signature"))
    if not timestamp.isdecimal() or abs(now - int(timestamp)) > TOLERANCE:
        raise ForgedError("too old, or from the future")
    expected = signature(secret, id_, timestamp, body).encode()
    if not any(hmac.compare_digest(expected, one.encode()) for one in given.split(" ")):
        raise ForgedError("not signed with the secret")
    event = json.loads(body)
    if event["id"] != id_:
        raise ForgedError("another event than the headers say")
    return event


def receiver(secret: str, take: Callable[[dict[str, Any]], None], port: int = 0) -> ThreadingHTTPServer:
    """A server that takes each event once; `take` may raise, then the event comes again."""
    known: set[str] = set()  # In a real program a table with a unique column, in one transaction with `take`.
    one_by_one = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > LONGEST_BODY:
                return self.answer(413)
            try:
                event = verified(secret, self.headers, self.rfile.read(int(length)), CLOCK.now().timestamp())
            except (ForgedError, ValueError, KeyError, TypeError):
                return self.answer(401)
            try:
                with one_by_one:
                    if event["id"] not in known:
                        take(event)
                        known.add(event["id"])
            except Exception:  # noqa: BLE001 - whatever it is, the sender tries again
                return self.answer(503)
            return self.answer(204)

        def answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as `http.server` has it
            pass

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


# ── a minute with both ─────────────────────────────────────────────────────────────────────────────────────────────


def main() -> None:
    """One call from its opening to its end, told to a receiver that is busy at first."""
    secret = "whsec_" + base64.b64encode(b"twenty-four secret bytes").decode()
    told, stop, busy = threading.Semaphore(0), threading.Event(), [True]

    def take(event: dict[str, Any]) -> None:
        if busy:
            busy.clear()
            raise ConnectionError("busy")
        print(event["type"], event["subject"], event["data"])
        told.release()

    with svcflow.Engine() as engine, receiver(secret, take) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        sender = threading.Thread(target=send, args=(engine, url, secret, stop, 0.2))
        sender.start()
        engine.publish(Path(__file__).with_name("calls.yaml"))
        li = svcflow.Actor("li", roles={"agent"})
        engine.open("calls", {"customer": "acme", "phone": "555 0100"}, actor=li, id="call-1")
        engine.send("call-1", "reply", {"answer": "plug it in"}, actor=li)
        engine.send("call-1", "close", actor=li)
        for _ in range(3):
            told.acquire(timeout=60)
        stop.set()
        sender.join()
        server.shutdown()


if __name__ == "__main__":
    main()
