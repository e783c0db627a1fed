"""
`schema`: the language as JSON Schema.
"""

import json
from pathlib import Path

import pytest

from cli.shop import Command, told
from svcflow.cli.failures import WRONG_USE
from svcflow.language import json_schema
from svcflow.report import measure_schema as measures
from svcflow.simulate import schema as scenarios


def test_the_schema_goes_to_stdout(cli: Command) -> None:
    assert json.loads(cli("schema").out) == json_schema()


def test_names_of_a_project_are_written_into_a_file(cli: Command, folder: Path) -> None:
    assert cli("schema", "--project", "shop.yaml", "-o", "svcflow.schema.json").out == ""
    written = json.loads((folder / "svcflow.schema.json").read_text(encoding="utf-8"))
    assert written["definitions"]["State"]["properties"]["run"]["anyOf"][0]["enum"] == ["shop"]


def test_a_project_that_is_not_there_is_wrong_use(cli: Command) -> None:
    done = cli("schema", "--project", "shpo.yaml")
    assert done.status == WRONG_USE
    assert told(done) == ("there is no file shpo.yaml", "did you mean shop.yaml?")


def test_the_project_itself_is_not_overwritten(cli: Command) -> None:
    assert cli("schema", "--project", "shop.yaml", "-o", "shop.yaml").status == WRONG_USE


def test_scenarios_have_a_schema_of_their_own(cli: Command) -> None:
    assert json.loads(cli("schema", "scenario").out) == scenarios.json_schema() != json_schema()


def test_measures_have_a_schema_of_their_own(cli: Command) -> None:
    assert json.loads(cli("schema", "measures").out) == measures.json_schema()


@pytest.mark.parametrize("kind", ["scenario", "measures"])
def test_names_of_a_project_are_not_offered_in_other_files(cli: Command, kind: str) -> None:
    done = cli("schema", kind, "--project", "shop.yaml")
    assert (done.status, done.out) == (WRONG_USE, "")
    assert told(done)[0] == f"--project: the schema of `{kind}` offers no names"
