"""
A story is read strictly: every slip is told at its place, with what was meant.
"""

from pathlib import Path

import pytest

from stories.workshop import HEAD, OPENED, Teller
from svcflow import catalog, language, stories
from svcflow.errors import DefinitionError
from svcflow.language.files import Folder
from svcflow.language.findings import Finding
from svcflow.language.schema import Shape
from svcflow.language.shape import words_of
from svcflow.stories.names import meant
from svcflow.stories.schema import ClockForm, Done, Held, Never, Person, Step, StoryFile

MODELS: tuple[type[Shape], ...] = (StoryFile, Person, Held, Step, ClockForm, Done, Never)


def findings(workshop: Teller, text: str, head: str = HEAD) -> list[Finding]:
    with pytest.raises(DefinitionError) as told:
        workshop.read(text, head)
    found = [finding for finding in told.value.findings if isinstance(finding, Finding)]
    assert len(found) == len(told.value.findings)
    return found


def marked(workshop: Teller, finding: Finding) -> str:
    """The text that a finding underlines."""
    line = workshop.file.read_text(encoding="utf-8").splitlines()[finding.line - 1]
    return line[finding.column - 1 : finding.end_column - 1]


@pytest.mark.parametrize(
    ("text", "code", "mark", "hint"),
    [
        ("- {by: wagn, send: refuse}", "SF202", "wagn", "did you mean `wang`?"),
        ("- {by: li, send: refus}", "SF215", "refus", "did you mean `refuse`?"),
        ("- {in: surwey, state: calling}", "SF207", "surwey", "did you mean `survey`?"),
        ("- {in: workshop, state: received}", "SF207", "workshop", "there are note, survey"),
        ("- {state: benhc}", "SF201", "benhc", "did you mean `bench`?"),
        ("- {state: [received, benhc]}", "SF201", "benhc", "did you mean `bench`?"),
        ("- {until: retruned}", "SF201", "retruned", "did you mean `returned`?"),
        ("- {in: survey, state: bench}", "SF201", "bench", "there are bad, calling, good"),
        ("- {cases: {survey: godo}}", "SF201", "godo", "did you mean `good`?"),
        ("- {cases: {surwey: good}}", "SF207", "surwey", "did you mean `survey`?"),
        ("- {by: li, send: hand_over, with: {ownr: wang}}", "SF203", "ownr", "did you mean `owner`?"),
        ("- {by: li, send: hand_over, refused: {form: ownr}}", "SF203", "ownr", "did you mean `owner`?"),
        ("- {fields: {ownr: wang}}", "SF203", "ownr", "did you mean `owner`?"),
        ("- {fields: {price: much}}", "SF403", "much", "write a value of its type"),
        ("- {clocks: {sovled: met}}", "SF208", "sovled", "did you mean `solved`?"),
        ("- {clocks: {solved: mett}}", "SF108", "mett", "did you mean `met`?"),
        ("- {clocks: {solved: {due: 17:00}}}", "SF103", "17:00", "write it as in `2026-03-09 10:30`"),
        ("- {clocks: {solved: {remaining: 3 hours}}}", "SF103", "3 hours", "write hours and minutes, as in `"),
        ("- {does: {hook: rign}}", "SF206", "rign", "did you mean `ring`?"),
        ("- {does: {hook: {rign: {}}}}", "SF206", "rign", "did you mean `ring`?"),
        ("- {does: {notify: leed}}", "SF202", "leed", "did you mean `lead`?"),
        ("- {does: {start: nota}}", "SF207", "nota", "did you mean `note`?"),
        ("- {at: 9:00, by: li, send: refuse}", "SF103", "9:00", "`10:30` or `mon 09:00`"),
        ("- {at: 2026-02-30 09:00}", "SF103", "2026-02-30 09:00", "`10:30` or `mon 09:00`"),
        ("- {after: soon}", "SF103", "soon", "write it as in `2h`, `1d` or `4h on office`"),
        ("- {after: 2h on offise}", "SF204", "2h on offise", "did you mean `office`?"),
        ("- {at: 10:00, after: 1h}", "SF106", "after", "one of them says when it happens"),
        ("- {send: refuse}", "SF102", "{send: refuse}", "name a person of the story, or `system`"),
        ("- {by: li}", "SF106", "by", "write `send: EVENT` beside it, or leave it out"),
        ("- {refused: by}", "SF106", "refused", "write `send: EVENT` beside it, or leave it out"),
        ("- {with: {owner: wang}}", "SF106", "with", "write `send: EVENT` beside it, or leave it out"),
        ("- {by: li, send: refuse, refused: buy}", "SF108", "buy", "did you mean `by`?"),
        ("- {by: li, send: refuse, refused: {by: owner}}", "SF106", "{by: owner}", "only `form` names the fields tha"),
        ("- {by: li, open: {customer: acme}}", "SF106", "open", "a story tells of one case: leave"),
        ("- {by: li, event: refuse}", "SF101", "event", ""),
        ("- {by: li, send: }", "SF003", "send", "write a value after `:`, or remo"),
        ("never: {state: benhc}", "SF201", "benhc", "did you mean `bench`?"),
        ("never: {late: sovled}", "SF208", "sovled", "did you mean `solved`?"),
        ("never: {hook: [ring, oder]}", "SF206", "oder", "did you mean `order`?"),
        ("nevr: {hook: ring}", "SF101", "nevr", "did you mean `never`?"),
    ],
)  # fmt: skip
def test_a_slip_is_told_at_its_place(workshop: Teller, text: str, code: str, mark: str, hint: str) -> None:
    (found,) = findings(workshop, f"{OPENED}{text}\n")
    assert (found.code, marked(workshop, found)) == (code, mark)
    assert hint in found.help


@pytest.mark.parametrize(
    ("head", "text", "code"),
    [
        (HEAD, "steps: []\n", "SF106"),
        (HEAD, "steps: [{state: received}]\n", "SF106"),
        (HEAD, "steps: later\n", "SF106"),
        (HEAD, "", "SF102"),
        (HEAD.replace("li: agent", "li: agnet"), OPENED, "SF202"),
        (HEAD.replace("li: agent", "li: agent, system: lead"), OPENED, "SF107"),
        (HEAD.replace("workshop", "workshp"), OPENED, "SF207"),
        (HEAD.replace("2026-03-09 09:00", "tomorrow"), OPENED, "SF103"),
        (HEAD.replace("2026-03-09 09:00", "0001-01-01 00:00"), OPENED, "SF103"),
        ("- a list\n", "", "SF106"),
        ("", "", "SF106"),
    ],
)
def test_a_story_without_a_head_or_steps_is_none(workshop: Teller, head: str, text: str, code: str) -> None:
    assert [found.code for found in findings(workshop, text, head)] == [code]


def test_of_many_names_a_help_shows_the_first_ten_where_none_is_near() -> None:
    names = [f"{letter}_event" for letter in "abcdefghijk"]
    assert meant("whatever", names) == (None, f"there are {', '.join(names[:-1])}, ...")
    assert meant("whatever", names[:-1]) == (None, f"there are {', '.join(names[:-1])}")


def test_a_slip_after_chinese_text_is_underlined_to_the_character(workshop: Teller) -> None:
    head = HEAD.replace("li: agent", "小李: agent")
    (found,) = findings(workshop, "steps: [{open: {customer: 花园小区}, by: 小里}]\n", head)
    assert (found.help, marked(workshop, found)) == ("did you mean `小李`?", "小里")


def test_all_slips_are_told_at_once(workshop: Teller) -> None:
    codes = [found.code for found in findings(workshop, f"{OPENED}- {{by: lee, send: refus, state: refusd}}\n")]
    assert codes == ["SF202", "SF215", "SF201"]


def test_a_story_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="there is no file"):
        stories.read(tmp_path / "gone.story.yaml")


def test_the_errors_of_its_process_are_those_of_the_story(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("process: broken\nversion: 1\nstates: {a: {to: b}}\n", encoding="utf-8")
    story = tmp_path / "a.story.yaml"
    story.write_text(HEAD.replace("workshop", "broken") + OPENED, encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"broken\.yaml:3"):
        stories.read(story)


def test_its_process_lies_beside_it_or_a_folder_up_or_is_shipped(workshop: Teller, tmp_path: Path) -> None:
    beside = workshop.file.parent
    (tmp_path / "stories").mkdir()
    story = tmp_path / "stories" / "a.story.yaml"
    story.write_text(HEAD + OPENED, encoding="utf-8")
    with pytest.raises(DefinitionError, match="SF207"):
        stories.read(story)
    for file in ("workshop.yaml", "survey.yaml", "note.yaml"):
        (tmp_path / file).write_bytes((beside / file).read_bytes())
    assert stories.read(story).process.name == "workshop"
    story.write_text("story: s\nprocess: callback\nstart: 2026-03-09 09:00\nsteps: [{by: system, open: {}}]\n")
    assert stories.read(story).process == catalog.callback


def test_a_story_beside_its_process_is_never_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "a.story.yaml").write_text("story: s\nprocess: note\nstart: 2026-03-09 09:00\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("process: asks\nversion: 1\nstates: {a: {run: note}}\n", encoding="utf-8")
    assert Folder(str(tmp_path)).names() == ("b.yaml",)
    assert any("note" in str(finding) for finding in language.check([tmp_path / "b.yaml"]).findings)


def test_every_word_of_a_story_has_its_meaning_for_editors() -> None:
    assert [name for model in MODELS for name, field in model.model_fields.items() if not field.description] == []
    assert len({word for model in MODELS for word in words_of(model)}) >= 30
