"""Whole processes by chance, rich in the language and free of errors: `definitions()`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import evolve, frozen
from hypothesis import strategies as st

from svcflow.holidays import PublicHolidays
from svcflow.language import RULES
from svcflow.language.checked import failed
from svcflow.language.checks import remembered
from svcflow.language.compile_words import HolidaySource
from svcflow.testing.definition import Branch, Definition, Tree
from svcflow.testing.strategies.author import FIELDS, Author, Shape
from svcflow.testing.strategies.deeds import alternatives, condition, deed, form, leads, people
from svcflow.testing.strategies.head import declared, rules, shared
from svcflow.testing.strategies.outline import Outline, Plot, every
from svcflow.testing.strategies.times import timing

_QUICK: Final = tuple(rule for rule in RULES if rule.stage != "time")
_ONWARD: Final = ("go_on", "finish", "accept")


def definitions(
    *, most_states: int = 6, parallel: bool = True, children: bool = True, timed: bool = True, versions: bool = True
) -> st.SearchStrategy[Definition]:
    """
    Draw process files that `svcflow check` finds no error in, with the processes that they run and start.

    `most_states` counts the states that work is done in. Without `parallel` there are no regions, without `children`
    neither `run` nor `start`, without `timed` nothing that hangs on time, without `versions` no `migrate`.
    """
    shape = Shape(most_states, parallel, children, timed, versions)
    return unchecked(shape, remembered(PublicHolidays)).filter(_sound)


def _sound(definition: Definition) -> bool:
    """Whether the check finds no error, the rules of time left out: they take long, and no draw goes against them."""
    return not failed(definition.look(_QUICK))


@st.composite
def unchecked(draw: st.DrawFn, shape: Shape, holidays: HolidaySource) -> Definition:
    """The same before the check has looked at them: nearly all are sound by the way they are made."""
    return Definition.of(_Writer(Author(draw, shape), "main").files(), holidays)


@frozen(eq=False)
class _Writer:
    """One file, and those of its children."""

    author: Author
    name: str
    ends: Sequence[str] = ("closed",)

    def files(self) -> dict[str, Tree]:
        """The file and those it needs."""
        author = self.author
        body: dict[str, Branch] = {"open": self._opening()}
        plots = Outline(author).draw()
        if author.shape.timed:
            author.clocks.extend(("resolution", "response")[: author.draw_number(0, 2)])
        body["anywhere"] = anywhere = self._anywhere(plots)
        body["states"] = self._states(plots, anywhere)
        holding = rules(author, plots, self.ends)
        version = "2" if "migrate" in holding else "1"
        if len(self.ends) > 1:
            body["gives"] = list[Branch](author.fields)[:2]
        main = {"process": self.name, "version": version, **declared(author), **holding, **body}
        file = f"{self.name}.yaml"
        files: dict[str, Tree] = {file: {word: value for word, value in main.items() if value}}
        if author.chance(6):
            files = shared(file, files[file])
        return files | self._children(plots)

    def _children(self, plots: tuple[Plot, ...]) -> dict[str, Tree]:
        """The files of the processes that are run or started."""
        author, files = self.author, dict[str, Tree]()
        if any(plot.kind == "run" for plot in every(plots)):
            files |= self._child("survey_call", ("happy", "unhappy"), author.some(author.sure))
        if author.started:
            files |= self._child("follow_up", ("closed",), [])
        return files

    def _child(self, name: str, ends: Sequence[str], sure: list[str]) -> dict[str, Tree]:
        author = self.author
        shape = evolve(author.shape, most_states=2, parallel=False, children=False, versions=False)
        return _Writer(Author(author.draw, shape, sure, child=True), name, ends).files()

    def _opening(self) -> dict[str, Branch]:
        """Who opens it, with what; a child asks for nothing that its parent may not have."""
        author = self.author
        if not author.child:
            author.sure.extend(author.some(tuple(FIELDS), most=4))
        author.maybe.extend(name for name in author.some(tuple(FIELDS)) if name not in author.sure)
        for name in (*author.sure, *author.maybe):
            author.field(name)
        asked: dict[str, Branch] = {"ask": list[Branch](author.sure), "may": list[Branch](author.maybe)}
        found = {word: names for word, names in asked.items() if names}
        if not author.child and author.chance(2):
            found["by"] = [author.role(), "system"]
        return found

    def _anywhere(self, plots: tuple[Plot, ...]) -> dict[str, Branch]:
        """Events of many states: to cancel, to wait aside, to correct something."""
        author = self.author
        places = [plot.path for plot in plots if plot.kind != "choice"]
        if not places:
            return {}
        found: dict[str, Branch] = {}
        if author.chance(3):
            found["correct"] = {"to": "here", **people(author), **form(author, 1)}
            author.shared_events.append("correct")
        if author.chance(4) and len(self.ends) == 1:
            found["cancel"] = {"to": "cancelled", "in": list[Branch](places), **people(author), **form(author)}
        if author.chance(4):
            where = author.some(places, least=1)
            found["hold"] = {"to": "on_hold", "in": list[Branch](where), **people(author), **deed(author)}
        return found

    def _states(self, plots: tuple[Plot, ...], anywhere: Tree) -> dict[str, Branch]:
        author = self.author
        states = self._level(plots, self.ends[0], [plot.path for plot in plots], list(self.ends[1:]))
        if "hold" in anywhere:
            pause: dict[str, Branch] = {"pause": "all", "limit": "5d"} if author.clocks else {}
            states["on_hold"] = {**pause, "events": {"resume": "back"}}
        for end in self.ends:
            states[end] = {"end": "done"}
        if "cancel" in anywhere:
            states["cancelled"] = {"end": "cancelled"}
        return states

    def _level(self, plots: Sequence[Plot], out: str, near: Sequence[str], must: list[str]) -> dict[str, Branch]:
        """The states of one level, each leading to the next and the last one `out`; `must` be reached from the last."""
        states: dict[str, Branch] = {}
        for number, plot in enumerate(plots):
            onward = plots[number + 1].path if number + 1 < len(plots) else out
            more = must if number + 1 == len(plots) else []
            others = [path for path in near if path != plot.path]
            if plot.kind == "choice":  # Only onward: else moves that nobody makes could go round for ever.
                others = [later.path for later in plots[number + 1 :]]
            else:
                others += [f"{earlier.path}.last" for earlier in plots[:number] if earlier.kind == "group"]
            states[plot.name] = self._state(plot, onward, others, more)
        return states

    def _state(self, plot: Plot, onward: str, near: Sequence[str], must: list[str]) -> Branch:
        match plot.kind:
            case "plain":
                return self._plain(onward, near, must)
            case "choice":
                return self._choice(onward, near, must)
            case "run":
                return self._run(onward, near, must)
            case _:
                return self._holder(plot, onward, near, must)

    def _plain(self, onward: str, near: Sequence[str], must: list[str]) -> Branch:
        author = self.author
        first = author.pick(_ONWARD)
        asked = form(author)
        known = [*author.sure, *(str(name) for name in asked.get("ask", ()))]
        event: dict[str, Branch] = {"to": alternatives(author, onward, near, known), **asked, **deed(author)}
        events: dict[str, Branch] = {first: event if len(event) > 1 or event["to"] != onward else onward}
        for name in must:
            events[f"to_{name}"] = name
        if author.chance(3):
            events["redo"] = {"to": [{"to": author.pick(("here", *near)), "max": "2"}, onward], **people(author)}
        if author.chance(4):
            events["change"] = {"to": "here", **form(author, 1), **deed(author)}
        pause: dict[str, Branch] = {"pause": author.pick((*author.clocks, "all"))} if self._pauses() else {}
        acted = [path for path in near if not path.endswith(".last")]
        return {**people(author, acted=acted), **deed(author, 4), **pause, **timing(author, onward), "events": events}

    def _pauses(self) -> bool:
        return bool(self.author.clocks) and self.author.chance(4)

    def _choice(self, onward: str, near: Sequence[str], must: list[str]) -> Branch:
        author, spent = self.author, list[str]()
        ways: list[Branch] = []
        for target in [*must, author.pick((onward, *near))]:
            when = condition(author, author.sure, spent)
            ways.append({"to": target, **({"when": when} if when else {"max": "2"}), **deed(author, 4)})
        return {"auto": {"to": [*ways, onward]}}

    def _run(self, onward: str, near: Sequence[str], must: list[str]) -> Branch:
        author = self.author
        other = must[0] if must else alternatives(author, onward, near, author.sure, sent=False)
        events: dict[str, Branch] = {"happy": onward, "unhappy": leads(other)}
        limit: dict[str, Branch] = {"limit": "10d"} if author.shape.timed and author.chance(3) else {}
        return {"run": "survey_call", **limit, "events": events}

    def _holder(self, plot: Plot, onward: str, near: Sequence[str], must: list[str]) -> Branch:
        inside = [inner.path for inner in plot.inner]
        around = inside if plot.kind == "region" else [*inside, *near]
        leading: dict[str, Branch] = {f"to_{name}": name for name in must}
        if plot.kind == "parallel":
            regions = {inner.name: self._state(inner, "", (), []) for inner in plot.inner}
            return {"parallel": "true", "states": regions, "events": {"done": onward, **leading}}
        states = self._level(plot.inner, plot.over or onward, around, [])
        if plot.over:
            states["over"] = {"end": "done"}
            if plot.kind == "group":
                leading["done"] = leads(alternatives(self.author, onward, near, self.author.sure, sent=False))
        limit: dict[str, Branch] = {"limit": "10d"} if self.author.shape.timed and self.author.chance(3) else {}
        return {**people(self.author), **limit, "states": states, **({"events": leading} if leading else {})}
