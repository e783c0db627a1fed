"""
What the model checker knows of a process, as findings at their places: errors, for each of them is certain.

They have the codes of the rules that only see the graph of moves: conditions, counters and times are looked at here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from svcflow.core.process import State
from svcflow.core.rule import Alternative, Place, Rule
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.ignores import without_ignored
from svcflow.language.rules.flow_words import listed, target_of
from svcflow.model.explore import MOST, Model, Trap, explore


def examine(compiled: Compiled, *, most: int = MOST) -> tuple[Model, tuple[Finding, ...]]:
    """Explore a process that was read from a file, and say what is wrong with it, but for what comments take back."""
    model = explore(compiled.process, gives=_gives(compiled), most=most)
    documents = compiled.sources.documents.values()
    return model, without_ignored(documents, sorted(findings(compiled, model), key=_place), complete=False)


def findings(compiled: Compiled, model: Model) -> Iterator[Finding]:
    """Where cases are caught; which states and moves none ever comes to, unless cases of earlier versions may."""
    yield from (_caught(compiled, trap) for trap in model.traps)
    if all(migration.finish for migration in compiled.process.migrations.values()):
        yield from _unreached(compiled, model)
        yield from _never(compiled, model)


def _gives(compiled: Compiled) -> Mapping[str, tuple[str, ...]]:
    """What each child can give back, where its process is known."""
    children = {state.path: compiled.project.get(state.run) for state in compiled.process.states if state.run}
    return {path: child.process.gives for path, child in children.items() if child is not None}


def _place(finding: Finding) -> tuple[str, int, int]:
    return finding.file, finding.line, finding.column


def _caught(compiled: Compiled, trap: Trap) -> Finding:
    process = compiled.process
    first, *others = (process.states[process.paths[path]] for path in trap.way[-1].case.states)
    together = listed((first.path, *(other.path for other in others)))
    notes = tuple(compiled.secondary(other.place, "while it is here, too", key=True) for other in others)
    if trap.still:
        code, message = "SF303", f"a case can come to {together} and stay there for ever"
        hint = "whoever does what then, and whatever time is over, it stays: write what leads on if no condition holds"
    else:
        code, message = "SF302", f"a case can come to {together} from where it never reaches an end"
        hint = "whatever is done then, the conditions that lead to an end do not hold any more"
    return compiled.finding(code, "error", first.place, message, key=True, hint=hint, notes=notes)


def _unreached(compiled: Compiled, model: Model) -> Iterator[Finding]:
    for state in compiled.process.states:
        if state.index in model.unreached and state.parent not in model.unreached:
            hint = f"every move that leads to it has conditions that never hold: {listed(_leading(model, state))}"
            yield compiled.finding("SF301", "error", state.place, f"no case ever comes to `{state.path}`", key=True,
                                   hint=hint)  # fmt: skip


def _leading(model: Model, state: State) -> list[str]:
    """The moves that would enter a state or one inside it, by name."""
    lines = model.process.lines
    moves = (one for _, one in model.process.moves if one.target is not None and state.index in lines[one.target])
    return list(dict.fromkeys(one.count for one in moves if one.index in model.never)) or ["none"]


def _never(compiled: Compiled, model: Model) -> Iterator[Finding]:
    """Alternatives that no case takes in any state that it comes to; one of `anywhere` stands in several."""
    places: dict[Place, list[tuple[Rule, Alternative]]] = {}
    for owner, alternative in compiled.process.moves:
        if owner.state not in model.unreached:
            places.setdefault(alternative.place, []).append((owner, alternative))
    for place, moves in places.items():
        owner, alternative = moves[0]
        if all(one.index in model.never for _, one in moves):
            target = target_of(compiled.process, alternative)
            yield compiled.finding("SF304", "error", place, f"no case ever takes `{owner.name}` to `{target}`",
                                   hint=_why(owner, alternative))  # fmt: skip


def _why(owner: Rule, alternative: Alternative) -> str:
    if alternative.when is not None:
        return f"`{alternative.when.text}` holds in no case that comes here, or one above is always taken first"
    if len(owner.alternatives) > 1:
        return "one of those above is always taken first"
    return "nobody can ever send it here, or the case is gone before"
