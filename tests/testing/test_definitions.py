from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from core.walk import Run, begin, commands, send_again, wake_all, walk
from svcflow.holidays import PublicHolidays
from svcflow.language import check_text, formatted
from svcflow.language.checks import remembered
from svcflow.testing import Definition, definitions
from svcflow.testing.definition import Branch, written
from svcflow.testing.strategies.author import Shape
from svcflow.testing.strategies.definition import unchecked

few = settings(max_examples=12)
HOLIDAYS = remembered(PublicHolidays)


@few
@given(definitions())
def test_a_drawn_definition_compiles_without_an_error(definition: Definition) -> None:
    assert next(one.name for one in definition.processes) == "main"
    assert not [finding for finding in definition.findings if finding.severity == "error"]


@settings(max_examples=30)
@given(unchecked(Shape(), HOLIDAYS))
def test_hardly_a_definition_is_thrown_away(definition: Definition) -> None:
    """By the way they are made; of 1,000 looked at, none had an error."""
    assert definition.sound, definition.findings


@few
@given(definitions(children=False))
def test_a_drawn_text_means_the_same_in_the_layout_of_fmt(definition: Definition) -> None:
    texts = {file: formatted(text, file) for file, text in definition.sources.items()}
    again = Definition({file: str(text) for file, text in texts.items()}, definition.file, definition.holidays)
    assert again.process.digest == definition.process.digest


@few
@given(definitions(), st.integers(0, 10_000), commands)
def test_its_cases_are_what_their_journals_say_however_late_the_worker_is(
    definition: Definition, seed: int, run: Run
) -> None:
    prompt, late = (begin(*definition.processes, seed=seed) for _ in range(2))
    sent = walk(prompt, run)
    wake_all(prompt)
    prompt.check_replay()
    send_again(late, sent, until=prompt.now)
    assert (late.cases, late.journal) == (prompt.cases, prompt.journal)


@few
@given(definitions(parallel=False, children=False, timed=False, versions=False, most_states=2))
def test_what_is_not_wanted_is_not_drawn(definition: Definition) -> None:
    (process,) = definition.processes
    assert not any(state.parallel or state.run or state.limit or state.after for state in process.states)
    assert not process.needs
    assert not process.clocks
    assert not process.migrations
    assert len([state for state in process.states if not state.end and not state.children]) <= 3


def test_it_shrinks_to_the_least_that_is_needed() -> None:
    quick = settings(max_examples=200, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    drawn = definitions(most_states=3, children=False, timed=False, versions=False)
    assert find(drawn, lambda one: "redo" in one.text, settings=quick).text == SMALLEST


SMALLEST = """\
process: main
version: 1
roles: [clerk]
by: clerk
states:
  received: {events: {go_on: closed, redo: {to: [{to: here, max: 2}, closed]}}}
  closed: {end: done}
"""


@st.composite
def texts(draw: st.DrawFn) -> dict[str, str]:
    words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=12)
    return draw(st.dictionaries(words, words, min_size=1, max_size=3))


@given(texts())
def test_every_text_is_written_so_that_it_is_read_again(labels: dict[str, str]) -> None:
    tree: dict[str, Branch] = {"shared": "words", "languages": ["en"], "labels": {"en": dict[str, Branch](labels)}}
    codes = {finding.code for finding in check_text(written(tree), "words.yaml")}
    assert not codes & {"SF001", "SF002", "SF003", "SF005", "SF006"}


def test_a_failing_definition_is_printed_as_python_that_makes_it_again() -> None:
    definition = Definition({"a.yaml": 'process: a\nversion: 1\nstates: {x: {title: "\\""}}\n'}, "a.yaml")

    class Printer:
        def text(self, text: str) -> None:
            self.printed = text

    printer = Printer()
    definition._repr_pretty_(printer, _cycle=False)  # type: ignore[arg-type]  # the one method that it needs
    assert eval(printer.printed, {"Definition": Definition}) == definition  # noqa: S307 - what was printed by us
