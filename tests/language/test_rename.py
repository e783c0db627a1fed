"""
A thing gets another name in every place that means it, in no place that means something else, and back again.
"""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from svcflow import catalog, language
from svcflow.errors import DefinitionError, InputError
from svcflow.language.nodes import MappingNode, Node, ScalarNode
from svcflow.language.reader import read
from svcflow.language.rename import Renamed

FOLDER = Path(catalog.__file__).parent
LIFT = """process: lift
version: 1
roles: [engineer]
qualifications: [electrician, high_voltage]
languages: [zh]
labels: {zh: {electrician: 电工, high_voltage: 高压}}
fields: {drive: electrician | cable}
open: {by: engineer, ask: drive}
by: engineer
calendar: always
escalations: {standard: {100%: {notify: engineer}}}
escalation: standard
states:
  repair:
    limit: 1d
    qualified: {per: drive, table: {electrician: {electrician: 2}, default: [electrician, 'high_voltage']}}
    events: {look: {to: here, max: 2, qualified: electrician}, repaired: finished}
  finished: {end: done}
"""
# Those of five processes, and one for qualified people: each rename checks all that lies beside it.
TEXTS = {name: text for one in language.project(FOLDER / "maintenance_plan.yaml") for name, text in one.sources.items()}
TEXTS["lift.yaml"] = LIFT


def _states(node: Node | None, path: str = "") -> list[str]:
    if not isinstance(node, MappingNode) or "states" not in node.entries:
        return []
    inner = node.entries["states"].value
    assert isinstance(inner, MappingNode)
    return [
        name for key, entry in inner.entries.items() for name in (path + key, *_states(entry.value, f"{path}{key}."))
    ]


def _things(file: str) -> list[tuple[Renamed, str, str]]:
    """What a file of the catalog defines, read from its nodes alone."""
    root = read(TEXTS[file], file).root
    assert isinstance(root, MappingNode)
    found: list[tuple[Renamed, str, str]] = [("state", name, file) for name in _states(root)]
    words: dict[str, Renamed] = {
        "fields": "field",
        "anywhere": "event",
        "sla": "clock",
        "roles": "role",
        "qualifications": "qualification",
        "hooks": "hook",
    }
    for word, kind in words.items():
        part = root.entries[word].value if word in root.entries else None
        if isinstance(part, MappingNode):
            found += [(kind, name, file) for name in part.entries]
        elif part is not None and not isinstance(part, ScalarNode):
            found += [(kind, item.text, file) for item in part.items if isinstance(item, ScalarNode)]
    return found


THINGS = [thing for file in sorted(TEXTS) for thing in _things(file)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    restore(tmp_path)
    return tmp_path


def restore(folder: Path) -> None:
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")


def renamed(kind: Renamed, old: str, new: str, file: Path) -> dict[str, str]:
    """Rename and write; answers the texts of all files."""
    for path, text in language.rename(kind, old, new, file).after.items():
        Path(path).write_text(text, encoding="utf-8")
    return {path.name: path.read_text(encoding="utf-8") for path in file.parent.glob("*.yaml")}


@settings(max_examples=6, deadline=None)
@example(thing=("state", "reach.questionnaire", "callback.yaml"))  # A choice is called the same.
@given(thing=st.sampled_from(THINGS))
def test_after_a_rename_the_check_is_clean_and_back_again_the_text_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, thing: tuple[Renamed, str, str]
) -> None:
    kind, old, name = thing
    folder = tmp_path_factory.mktemp("project")
    restore(folder)
    group, dot, word = old.rpartition(".")
    after = renamed(kind, old, f"新_{word}", folder / name)
    assert after != TEXTS
    assert language.check(sorted(folder.glob("*.yaml"))).findings == ()
    assert renamed(kind, f"{group}{dot}新_{word}", word, folder / name) == TEXTS


def test_every_kind_of_thing_of_the_catalog_is_tried() -> None:
    assert {kind for kind, _, _ in THINGS} == set(get_args(Renamed))


def test_an_end_is_renamed_in_the_processes_that_run_it(project: Path) -> None:
    after = renamed("state", "unreachable", "not_reached", project / "callback.yaml")
    assert "not_reached: {end: done" in after["callback.yaml"]
    assert "not_reached: finished" in after["maintenance.yaml"]
    assert "not_reached: 联系不上" in after["service_ticket.yaml"]


def test_a_group_is_renamed_in_paths_and_bars(project: Path) -> None:
    after = renamed("state", "repair", "mend", project / "service_ticket.yaml")["service_ticket.yaml"]
    assert "to: mend.remote" in after
    assert "not_by: mend " in after


def test_a_field_is_renamed_in_conditions_times_and_what_is_handed_over(project: Path) -> None:
    after = renamed("field", "satisfaction", "rating", project / "common.yaml")
    assert "when: rating >= 4 and working" in after["callback.yaml"]
    after = renamed("field", "served_at", "done_at", project / "common.yaml")
    assert "2d..5d since done_at" in after["callback.yaml"]
    after = renamed("field", "fault", "complaint_text", project / "service_ticket.yaml")
    assert "start: {service_ticket: {complaint_text: advice}}" in after["maintenance.yaml"]


def test_a_qualification_is_renamed_where_it_is_asked_for_and_a_choice_of_that_name_stays(project: Path) -> None:
    after = renamed("qualification", "electrician", "fitter", project / "lift.yaml")["lift.yaml"]
    assert "qualifications: [fitter, high_voltage]" in after
    assert "labels: {zh: {electrician: 电工, fitter: 电工, high_voltage: 高压}}" in after
    assert "fields: {drive: electrician | cable}" in after
    assert "table: {electrician: {fitter: 2}, default: [fitter, 'high_voltage']}" in after
    assert "qualified: fitter}" in after


SMALL = """process: x
version: 2
roles: [a]
by: a
fields: {note: text, 'memo': text}
states:
  new:
    limit: 1d
    events:
      go: {to: closed, ask: note, when: "note == 'note' and filled(note)", do: {set: {memo: 'note'}}}
  closed: {end: done}
"""


def test_quoted_texts_are_no_names(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(SMALL, encoding="utf-8")
    after = renamed("field", "note", "remark", tmp_path / "x.yaml")["x.yaml"]
    assert "when: \"remark == 'note' and filled(remark)\", do: {set: {memo: 'note'}}" in after
    after = renamed("field", "memo", "slip", tmp_path / "x.yaml")["x.yaml"]
    assert "'slip': text" in after


@pytest.mark.parametrize(("version", "said"), [(2, 3), (1, 2)])
def test_the_cases_of_a_version_are_told_where_a_state_went(tmp_path: Path, version: int, said: int) -> None:
    (tmp_path / "x.yaml").write_text(SMALL, encoding="utf-8")
    (after,) = language.rename("state", "new", "received", tmp_path / "x.yaml", migrate=version).after.values()
    assert after.endswith(f"\nmigrate:\n  {version}: {{states: {{new: received}}}}\n")
    assert f"version: {said}\n" in after


@pytest.mark.parametrize(
    ("kind", "old", "new", "why"),
    [
        ("state", "new", "closed", "taken"),
        ("state", "new", "back", "word of the language"),
        ("state", "new", "be new", "not a name"),
        ("field", "note", "a", "taken"),
        ("role", "a", "system", "word of the language"),
        ("event", "og", "gone", "did you mean `go`"),
        ("clock", "answer", "reply", "defines no clock"),
        ("qualification", "welder", "fitter", "defines no qualification"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, kind: Renamed, old: str, new: str, why: str) -> None:
    (tmp_path / "x.yaml").write_text(SMALL, encoding="utf-8")
    with pytest.raises(InputError, match=why):
        language.rename(kind, old, new, tmp_path / "x.yaml")


@pytest.mark.parametrize(("new", "why"), [("high_voltage", "taken"), ("none", "word of the language")])
def test_a_qualification_has_a_name_of_its_own(project: Path, new: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        language.rename("qualification", "electrician", new, project / "lift.yaml")


def test_a_file_with_errors_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(SMALL.replace("to: closed", "to: clsoed"), encoding="utf-8")
    with pytest.raises(DefinitionError):
        language.rename("state", "new", "received", tmp_path / "x.yaml")


@pytest.mark.parametrize("place", ["", "  a: {by: engineer, "])
def test_a_table_of_qualifications_mentions_its_field_and_what_its_rows_ask_for(tmp_path: Path, place: str) -> None:
    table = "qualified: {per: fault, table: {a: [electrician, welder], default: electrician}}"
    (tmp_path / "x.yaml").write_text(
        f"process: x\nversion: 1\nroles: [engineer]\nqualifications: [electrician, welder]\n"
        f"fields: {{fault: a | b}}\nopen: {{by: engineer, ask: fault}}\n{'' if place else table}\nstates:\n"
        f"{place + table if place else '  a: {by: engineer'}, events: {{next: z}}}}\n  z: {{end: done}}\n",
        encoding="utf-8",
    )
    text = renamed("field", "fault", "defect", tmp_path / "x.yaml")["x.yaml"]
    assert "{per: defect, table: {a: [electrician, welder], default: electrician}}" in text


def test_who_sees_a_field_is_mentioned_at_the_field_and_at_the_process(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        "process: x\nversion: 1\nroles: [clerk, boss]\nseen_by: [clerk, boss]\n"
        "fields: {owner: person, cost: {type: money, seen_by: [boss, owner]}}\nopen: {by: clerk, ask: [owner, cost]}\n"
        "states: {a: {by: boss, events: {next: z}}, z: {end: done}}\n",
        encoding="utf-8",
    )
    text = renamed("role", "boss", "chief", tmp_path / "x.yaml")["x.yaml"]
    assert "seen_by: [clerk, chief]\n" in text
    assert "seen_by: [chief, owner]}" in text
    text = renamed("field", "owner", "keeper", tmp_path / "x.yaml")["x.yaml"]
    assert "seen_by: [chief, keeper]}" in text
