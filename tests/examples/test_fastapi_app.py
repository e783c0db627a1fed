"""The ticket service, as its clients see it."""

import logging
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from logging.handlers import QueueHandler
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from pages import ROOT

FOLDER = ROOT / "examples" / "fastapi_app"
ACME = {"X-User": "acme"}
LI = {"X-User": "li", "X-Roles": "agent"}
EMAIL = "info@acme.example"
TICKET = {"customer": "acme", "email": EMAIL, "subject": "No picture", "text": "Since Monday"}
MOVES: tuple[tuple[str, dict[str, Any]], ...] = (("take", {}), ("ask", {"question": "Is it plugged in?"}), ("fly", {}))


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("TICKETS", f"sqlite:///{tmp_path}/tickets.db")
    spec = spec_from_file_location("tickets", FOLDER / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    with TestClient(module.app) as client:
        yield client


@pytest.fixture
def ticket(client: TestClient) -> str:
    """The path of a ticket of acme's."""
    return str(client.post("/tickets", json=TICKET, headers=ACME).headers["Location"])


def events(client: TestClient, ticket: str, who: dict[str, str]) -> list[str]:
    return [form["event"] for form in client.get(f"{ticket}/menu", headers=who).json()]


def test_a_ticket_goes_from_its_customer_to_an_agent_and_back(client: TestClient, ticket: str) -> None:
    assert [one["state"] for one in client.get("/tickets", headers=LI).json()] == ["new"]
    assert client.post(f"{ticket}/take", json={}, headers=LI).json()["fields"]["owner"] == "li"
    client.post(f"{ticket}/answer", json={"answer": "Plug it in"}, headers=LI)
    assert client.get("/tickets", headers=LI).json() == []
    done = client.post(f"{ticket}/thank", json={"rating": 5}, headers=ACME).json()
    assert (done["status"], done["state"], done["fields"]["rating"]) == ("done", "closed", 5)


def test_the_menu_is_a_list_of_forms(client: TestClient, ticket: str) -> None:
    client.post(f"{ticket}/take", json={}, headers=LI)
    forms = {form["event"]: form["fields"] for form in client.get(f"{ticket}/menu", headers=LI).json()}
    assert forms["hand_over"] == [{"name": "owner", "type": "person", "required": True, "choices": [], "value": "li"}]
    assert list(forms) == ["answer", "ask", "hand_over"]
    opening = {field["name"]: field for field in client.get("/form").json()["fields"]}
    assert opening["subject"]["required"] is True
    assert opening["priority"]["choices"] == ["low", "normal", "urgent"]


def test_a_request_that_comes_twice_happens_once(client: TestClient) -> None:
    again = ACME | {"Idempotency-Key": "7f2a"}
    first, second = (client.post("/tickets", json=TICKET, headers=again) for _ in range(2))
    assert (first.status_code, first.json()) == (201, second.json())
    other = client.post("/tickets", json=TICKET | {"text": "Since Sunday"}, headers=again)
    assert (other.status_code, other.headers["Content-Type"]) == (422, "application/problem+json")
    assert len(client.get("/tickets", headers=LI).json()) == 1


def test_a_refusal_is_a_problem_with_a_code_and_with_what_is_possible(client: TestClient, ticket: str) -> None:
    refused = client.post(f"{ticket}/take", json={}, headers=ACME)
    assert (refused.status_code, refused.headers["Content-Type"]) == (409, "application/problem+json")
    problem = refused.json()
    assert (problem["status"], problem["code"], problem["possible"]) == (409, "forbidden", ["withdraw"])
    assert problem["parameters"] == {"by": ["agent"]}
    unfit = client.post("/tickets", json={"customer": "acme", "email": EMAIL, "priority": "high"}, headers=ACME).json()
    assert unfit["code"] == "form"
    assert set(unfit["parameters"]["problems"]) == {"subject", "text", "priority"}


def test_nobody_opens_a_ticket_in_anothers_name_or_sees_one_of_anothers(client: TestClient, ticket: str) -> None:
    other = {"X-User": "zeta"}
    assert client.post("/tickets", json=TICKET, headers=other).json()["code"] == "forbidden"
    for answer in (client.get(ticket, headers=other), client.post(f"{ticket}/withdraw", json={}, headers=other)):
        assert (answer.status_code, answer.json()["title"]) == (404, "no such ticket")
    assert client.get("/tickets/none", headers=LI).status_code == 404
    assert client.get("/tickets").status_code == 422


def test_what_no_ticket_can_keep_is_a_bad_request(client: TestClient) -> None:
    long = client.post("/tickets", json=TICKET, headers=ACME | {"Idempotency-Key": "k" * 1001})
    assert (long.status_code, long.json()["status"]) == (400, 400)


def test_a_private_field_is_in_no_answer(client: TestClient, ticket: str) -> None:
    answers: list[httpx2.Response] = [client.get(path, headers=LI) for path in (ticket, f"{ticket}/menu", "/tickets")]
    answers += [client.post(f"{ticket}/{event}", json=form, headers=LI) for event, form in MOVES]
    answers.append(client.post("/tickets", json=TICKET | {"priority": "high"}, headers=ACME))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 200, 409, 409]
    assert [answer.text for answer in answers if EMAIL in answer.text] == []


def test_a_worker_runs_beside_the_application(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    said: SimpleQueue[logging.LogRecord] = SimpleQueue()
    caplog.set_level(logging.INFO, "uvicorn.error")
    logging.getLogger("uvicorn.error").addHandler(handler := QueueHandler(said))
    try:
        opened = client.post("/tickets", json=TICKET, headers=ACME).json()
        assert said.get(timeout=300).getMessage() == f"ticket {opened['id']}: tell agent: open"
    finally:
        logging.getLogger("uvicorn.error").removeHandler(handler)


def test_the_command_of_the_readme_starts_it(tmp_path: Path) -> None:
    shown = re.search(r"^uvicorn .*$", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert shown is not None
    words = shown[0].replace("examples/fastapi_app", str(FOLDER))
    command = [sys.executable, "-W", "error", "-m", *shlex.split(words), "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            running = next(line for line in server.stderr if "running on" in line)
            found = re.search(r"http://\S+", running)
            assert found is not None
            assert httpx2.get(f"{found[0]}/form", timeout=300).status_code == 200
            server.terminate()
            server.communicate(timeout=300)
        finally:
            server.kill()
    assert (tmp_path / "tickets.db").exists()
