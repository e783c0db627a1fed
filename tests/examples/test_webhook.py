"""The webhook: what was signed arrives, in order, however often the receiver fails; what was not is turned away."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

import pytest

import svcflow
from pages import ROOT, blocks

FOLDER = ROOT / "examples" / "webhook"
LI = svcflow.Actor("li", roles={"agent"})

# The example of the Standard Webhooks specification and its libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - everybody's
ID, TIME, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.fixture(scope="module")
def webhook() -> ModuleType:
    spec = spec_from_file_location("webhook", FOLDER / "webhook.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def listening(webhook: ModuleType, take: Any) -> Iterator[str]:  # noqa: ANN401 - a function of the example's
    with webhook.receiver(SECRET, take) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_one_command_shows_it_as_the_readme_says() -> None:
    command = [sys.executable, "-W", "error", str(FOLDER / "webhook.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    (shown,) = blocks(FOLDER / "README.md", "text")
    assert done.stdout == shown.text
    assert "not taken, next try in 0.2 s: HTTP Error 503" in done.stderr


def test_the_signature_is_that_of_the_standard(webhook: ModuleType) -> None:
    assert webhook.signature(SECRET, ID, TIME, BODY) == SIGNATURE


@pytest.mark.requirement("R186")
def test_everything_arrives_once_in_order_however_often_the_receiver_fails(webhook: ModuleType) -> None:
    arrived: list[dict[str, Any]] = []
    stop, tries, done = threading.Event(), iter(range(1000)), threading.Event()

    def take(event: dict[str, Any]) -> None:
        if next(tries) % 3 != 2:
            raise OSError("away")
        arrived.append(event)
        if len(arrived) == 6:
            done.set()

    with svcflow.Engine() as engine, listening(webhook, take) as url:
        engine.publish(FOLDER / "calls.yaml")
        for number in range(3):
            engine.open("calls", {"customer": "acme", "phone": "555 0100"}, actor=LI, id=f"客户 {number}")
            engine.send(f"客户 {number}", "reply", {"answer": "yes"}, actor=LI)
        sender = threading.Thread(target=webhook.send, args=(engine, url, SECRET, stop, 0.001))
        sender.start()
        assert done.wait(300)
        stop.set()
        sender.join()
    assert [(one["subject"], one["data"]["name"]) for one in arrived] == [
        (f"客户 {number}", name) for number in range(3) for name in ("calls", "reply")
    ]
    assert all(one["specversion"] == "1.0" and one["id"].isascii() and one["source"] for one in arrived)
    assert "555 0100" not in json.dumps(arrived)


def test_what_the_secret_did_not_sign_just_now_is_turned_away(webhook: ModuleType) -> None:
    body = b'{"id": "msg_p5jXN8AQM9LWM0D4loKWxJek"}'
    headers = {"webhook-id": ID, "webhook-timestamp": TIME}
    good = headers | {"webhook-signature": webhook.signature(SECRET, ID, TIME, body)}
    now = int(TIME)
    assert webhook.verified(SECRET, good, body, now)["id"] == ID
    two = good | {"webhook-signature": f"v1,older {good['webhook-signature']}"}
    assert webhook.verified(SECRET, two, body, now)["id"] == ID
    other = "whsec_" + base64.b64encode(b"another").decode()
    for secret, sent, text, at in (
        (SECRET, good, body + b" ", now),
        (SECRET, good | {"webhook-id": "msg_other"}, body, now),
        (SECRET, good | {"webhook-timestamp": str(now + 1)}, body, now),
        (SECRET, good, body, now + 301),
        (SECRET, good, body, now - 301),
        (SECRET, headers, body, now),
        (SECRET, {}, body, now),
        (other, good, body, now),
    ):
        with pytest.raises(webhook.ForgedError):
            webhook.verified(secret, sent, text, at)


@pytest.mark.parametrize(("length", "status"), [(2, 401), (1_000_001, 413), ("many", 413)])
def test_a_stranger_is_told_so_and_nothing_is_taken(webhook: ModuleType, length: object, status: int) -> None:
    arrived: list[dict[str, Any]] = []
    with listening(webhook, arrived.append) as url, closing(HTTPConnection(url.removeprefix("http://"))) as stranger:
        stranger.request("POST", "/", b"{}", {"Content-Length": str(length)})
        with stranger.getresponse() as answer:
            assert answer.status == status
    assert arrived == []
