"""The site that orders spare parts, by Django's own means: in programs of its own, for settings are one per program."""

import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pages import ROOT

FOLDER = ROOT / "examples" / "django_site"
MANAGE = (sys.executable, "-u", "-W", "error", str(FOLDER / "manage.py"))
ORDER = """
from django.contrib.auth.models import User
from shop.models import Part
from shop.ordering import move, place
acme, li = (User.objects.get(username=name) for name in ("acme", "li"))
move(place(acme, Part.objects.get(name="Panel"), 1).pk, "reserve", {}, li)
"""


def manage(folder: Path, *words: str) -> str:
    done = subprocess.run([*MANAGE, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@contextmanager
def running(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([*MANAGE, *words], cwd=folder, stdout=subprocess.PIPE, text=True) as program:
        try:
            yield program
        finally:
            program.kill()


def said(program: subprocess.Popen[str], pattern: str) -> str:
    """What a program says, when it does."""
    assert program.stdout is not None
    return next(found[0] for line in program.stdout if (found := re.search(pattern, line)) is not None)


def test_the_site_keeps_what_its_own_tests_promise(tmp_path: Path) -> None:
    ran = re.search(r"^Ran (\d+) tests .*^OK$", manage(tmp_path, "test", "shop"), re.MULTILINE | re.DOTALL)
    assert ran is not None
    assert int(ran[1]) >= 9


def test_the_migrations_make_what_the_models_say(tmp_path: Path) -> None:
    assert "No changes detected" in manage(tmp_path, "makemigrations", "--check", "--dry-run", "shop")
    assert "no issues" in manage(tmp_path, "check", "--fail-level", "WARNING")


def test_the_commands_of_the_readme_start_the_site_and_its_worker(tmp_path: Path) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^python examples/django_site/manage.py (.*)$", readme, re.MULTILINE) == ["demo", "worker"]
    with running(tmp_path, "demo", "127.0.0.1:0") as site:
        page = f"{said(site, 'http://.*/')}login/"
        with urllib.request.urlopen(page, timeout=300) as answer:  # noqa: S310 - our own, just started
            assert "Log in" in answer.read().decode()
    manage(tmp_path, "shell", "-c", ORDER)
    with running(tmp_path, "worker") as worker:
        assert said(worker, "To: .*") == "To: wu@shop.example"
        worker.terminate()
        worker.communicate(timeout=300)
        assert worker.returncode == 0
