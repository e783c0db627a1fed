"""
Other tools that read what we write, from npm by name into a temporary folder; without npm such tests are left out.
"""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PACKAGES = ("xstate@5", "bpmn-moddle@10")


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    A folder in which node finds the packages.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node or npm is not installed")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text('{"private": true, "type": "module"}', encoding="utf-8")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != 0:
        pytest.skip(f"npm cannot install {', '.join(PACKAGES)}: {done.stderr.strip()[-200:]}")
    return folder


@pytest.fixture(scope="session")
def node(node_folder: Path) -> Callable[[str, Any], Any]:
    """
    Runs a script on a question, which it finds in `question`, and answers what it gives to `answer`.
    """

    def run(script: str, question: Any) -> Any:  # noqa: ANN401 - JSON data have no narrower type
        whole = (
            "import fs from 'node:fs';\n"
            "const question = JSON.parse(fs.readFileSync(0, 'utf8'));\n"
            "const answer = (value) => process.stdout.write(JSON.stringify(value));\n"
        )
        lines = script.splitlines(keepends=True)
        imports = "".join(line for line in lines if line.startswith("import "))
        rest = "".join(line for line in lines if not line.startswith("import "))
        file = node_folder / "question.mjs"
        file.write_text(imports + whole + rest, encoding="utf-8")
        done = subprocess.run(
            ["node", file.name], cwd=node_folder, input=json.dumps(question), capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
