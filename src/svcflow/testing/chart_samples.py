"""
Small charts that between them need every rule of the algorithm, for the suite that every machine must pass.
"""

from __future__ import annotations

from attrs import frozen

from svcflow.core.chart_rules import DEEPEST
from svcflow.core.machine import ROOT, Chart, ChartState, ChartTransition


@frozen
class Sample:
    """A chart, the events worth sending (None: eventless), and whether every machine must be able to run it."""

    name: str
    chart: Chart
    events: tuple[str | None, ...]
    required: bool = False


def samples() -> tuple[Sample, ...]:
    """All sample charts, the ones without parallel states and histories first."""
    return (flat(), nested(), ends(), back(), names(), deep(), regions(), parallel_ends(), histories())


def flat() -> Sample:
    """States side by side: file order, a transition to itself, one that stays, eventless ones, stars and an end."""
    states = [ChartState(name, None, "atomic") for name in ("new", "open", "held")]
    states.append(ChartState("closed", None, "final"))
    new, opened, held, closed = range(4)
    transitions = [
        ChartTransition(new, ("take",), (opened,), raises=("taken",)),
        ChartTransition(new, ("take",), (held,)),
        ChartTransition(new, (), (closed,)),
        ChartTransition(opened, ("remark",)),
        ChartTransition(opened, ("renew",), (opened,)),
        ChartTransition(opened, ("hold.customer", "hold.parts"), (held,)),
        ChartTransition(opened, ("hold",), (new,)),
        ChartTransition(held, ("*",), (opened,)),
        ChartTransition(ROOT, ("close",), (closed,)),
    ]
    events = (None, "take", "remark", "renew", "hold", "hold.parts", "hold.parts.ordered", "close", "nothing")
    return Sample("flat", Chart.build(states, transitions), events, required=True)


def nested() -> Sample:
    """States in states: inner first, how far a move leaves, internal moves, initial states, raising on the way."""
    states = [
        ChartState("desk", None, "compound", initial=(3,), exit_raises=("left.desk",)),
        ChartState("triage", 0, "atomic"),
        ChartState("work", 0, "compound", entry_raises=("work",), exit_raises=("left.work",)),
        ChartState("remote", 2, "atomic", entry_raises=("remote",), exit_raises=("left.remote",)),
        ChartState("onsite", 2, "compound"),
        ChartState("travel", 4, "atomic"),
        ChartState("repair", 4, "atomic"),
        ChartState("partner", None, "compound", initial=(9,)),
        ChartState("asked", 7, "atomic"),
        ChartState("busy", 7, "atomic", entry_raises=("busy",)),
    ]
    desk, triage, work, remote, onsite, travel, repair, partner, asked, _ = range(10)
    transitions = [
        ChartTransition(desk, ("go",), (partner,), raises=("gone",)),
        ChartTransition(desk, ("reset",), (triage,)),
        ChartTransition(desk, ("sort",), (triage,), internal=True),
        ChartTransition(desk, ("away",), (asked,), internal=True),
        ChartTransition(work, ("go",), (onsite,)),
        ChartTransition(work, ("again",), (work,)),
        ChartTransition(remote, ("go",), (repair,)),
        ChartTransition(travel, ("go",), (repair,)),
        ChartTransition(travel, (), (repair,)),
        ChartTransition(repair, ("sort",), (travel,)),
        ChartTransition(triage, ("go",), (travel,)),
        ChartTransition(partner, ("reset",), (desk,)),
        ChartTransition(partner, ("again",), (asked,), internal=True),
    ]
    events = (None, "go", "reset", "sort", "away", "again", "nothing")
    return Sample("nested", Chart.build(states, transitions), events, required=True)


def ends() -> Sample:
    """Ends inside groups: `done.state`, and groups that still react once they are done."""
    states = [
        ChartState("visit", None, "compound"),
        ChartState("planned", 0, "atomic"),
        ChartState("served", 0, "final", entry_raises=("thanks",)),
        ChartState("report", None, "compound"),
        ChartState("short", 3, "compound"),
        ChartState("said", 4, "final"),
        ChartState("closed", None, "final"),
    ]
    visit, planned, served, report, short, _, closed = range(7)
    transitions = [
        ChartTransition(visit, ("done.state.visit",), (report,)),
        ChartTransition(visit, ("reopen",), (visit,)),
        ChartTransition(planned, ("serve",), (served,)),
        ChartTransition(report, ("done.state.report",), (visit,)),
        ChartTransition(short, ("done.state.short",), (closed,)),
    ]
    events = (None, "serve", "reopen", "done.state.visit", "done.state.short", "done.state.report")
    return Sample("ends", Chart.build(states, transitions), events, required=True)


def back() -> Sample:
    """Moves whose target the caller resolves: reported, and nothing exited or entered."""
    states = [ChartState(name, None, "atomic") for name in ("work", "hold")]
    states += [ChartState("group", None, "compound"), ChartState("inner", 2, "atomic")]
    work, hold, group, inner = range(4)
    transitions = [
        ChartTransition(work, ("hold",), (hold,)),
        ChartTransition(work, ("in",), (group,)),
        ChartTransition(hold, ("resume",), back=True, raises=("resumed",)),
        ChartTransition(hold, (), back=True),
        ChartTransition(group, ("resume",), back=True),
        ChartTransition(inner, ("resume",), (work,)),
    ]
    return Sample("back", Chart.build(states, transitions), (None, "hold", "in", "resume"), required=True)


def names() -> Sample:
    """Names as processes have them, and as nobody should: no machine may take them apart or run into its own."""
    ids = ("维修/现场", "repair/+last", "state", "to_open", "e f", "__class__")
    states = [ChartState("维修", None, "compound"), *(ChartState(id_, 0, "atomic") for id_ in ids)]
    events = ("受理", "+done/维修", "trigger", "to_open", "a b", "*a")
    transitions = [ChartTransition(place, (name,), (place % 6 + 1,)) for place, name in enumerate(events, start=1)]
    transitions.append(ChartTransition(0, ("done.state.维修", "__init__"), (0,), raises=("+done/维修",)))
    return Sample("names", Chart.build(states, transitions), (*events, "done.state.维修", "__init__"), required=True)


def deep() -> Sample:
    """States in states as deep as a chart may have them."""
    states = [ChartState(f"g{depth}", depth - 1 if depth else None, "compound") for depth in range(DEEPEST - 1)]
    states += [ChartState(name, DEEPEST - 2, "atomic") for name in ("first", "second")]
    first, second = DEEPEST - 1, DEEPEST
    transitions = [
        ChartTransition(first, ("next",), (second,)),
        ChartTransition(second, ("next",), (0,)),
        ChartTransition(0, ("in",), (second,)),
        ChartTransition(0, ("stay",), (second,), internal=True),
    ]
    return Sample("deep", Chart.build(states, transitions), ("next", "in", "stay"), required=True)


def regions() -> Sample:
    """Parallel states: each region decides, conflicts by exit set, preemption from inside, moves between regions."""
    states = [
        ChartState("work", None, "parallel", exit_raises=("left.work",)),
        ChartState("site", 0, "compound", exit_raises=("left.site",)),
        ChartState("wait", 1, "atomic", exit_raises=("left.wait",)),
        ChartState("there", 1, "atomic", entry_raises=("there",)),
        ChartState("parts", 0, "compound"),
        ChartState("ordered", 4, "atomic", exit_raises=("left.ordered",)),
        ChartState("arrived", 4, "atomic", entry_raises=("arrived",)),
        ChartState("watch", 0, "atomic"),
        ChartState("out", None, "atomic"),
    ]
    work, site, wait, there, parts, ordered, arrived, watch, out = range(9)
    transitions = [
        ChartTransition(work, ("ok",), (out,)),
        ChartTransition(work, ("stop",), (out,)),
        ChartTransition(work, ("note",), raises=("noted",)),
        ChartTransition(site, ("stop",), (wait,)),
        ChartTransition(wait, ("ok",), (there,), raises=("moved.site",)),
        ChartTransition(wait, ("jump",), (arrived,)),
        ChartTransition(there, ("x",), (out,)),
        ChartTransition(there, ("resume",), back=True),
        ChartTransition(parts, ("note",), raises=("parts.noted",)),
        ChartTransition(ordered, ("ok",), (arrived,), raises=("moved.parts",)),
        ChartTransition(ordered, (), (arrived,)),
        ChartTransition(ordered, ("x",), (ordered,)),
        ChartTransition(arrived, ("resume",), (ordered,)),
        ChartTransition(watch, ("x",)),
        ChartTransition(out, ("ok",), (there, arrived)),
        ChartTransition(out, ("jump",), (arrived,)),
    ]
    events = (None, "ok", "stop", "note", "x", "jump", "resume")
    return Sample("regions", Chart.build(states, transitions), events)


def parallel_ends() -> Sample:
    """Regions that end one by one, together, or are entered at their ends."""
    states = [
        ChartState("out", None, "atomic"),
        ChartState("both", None, "parallel"),
        ChartState("r", 1, "compound"),
        ChartState("r1", 2, "atomic"),
        ChartState("rz", 2, "final"),
        ChartState("s", 1, "compound"),
        ChartState("s1", 5, "atomic"),
        ChartState("sz", 5, "final", entry_raises=("s.ends",)),
    ]
    out, both, r, r1, rz, _, s1, sz = range(8)
    transitions = [
        ChartTransition(out, ("in",), (both,)),
        ChartTransition(out, ("end",), (rz, sz)),
        ChartTransition(out, ("r",), (rz,)),
        ChartTransition(both, ("done.state.both",), (out,)),
        ChartTransition(r, ("again",), (r1,)),
        ChartTransition(r1, ("r", "end"), (rz,)),
        ChartTransition(s1, ("s", "end"), (sz,)),
    ]
    events = ("in", "r", "s", "end", "again", "done.state.both")
    return Sample("parallel ends", Chart.build(states, transitions), events)


def histories() -> Sample:
    """Deep and shallow histories, with and without a default, of a group and of a parallel state."""
    states = [
        ChartState("off", None, "atomic"),
        ChartState("on", None, "compound"),
        ChartState("shallow", 1, "history"),
        ChartState("deep", 1, "history", deep=True, default=(7,)),
        ChartState("a", 1, "compound"),
        ChartState("a1", 4, "atomic"),
        ChartState("a2", 4, "atomic"),
        ChartState("b", 1, "parallel"),
        ChartState("regions", 7, "history", deep=True),
        ChartState("c", 7, "compound"),
        ChartState("c1", 9, "atomic"),
        ChartState("c2", 9, "atomic"),
        ChartState("d", 7, "atomic"),
    ]
    off, on, shallow, deep, a, a1, a2, b, kept, _, c1, c2, _ = range(13)
    transitions = [
        ChartTransition(off, ("shallow",), (shallow,)),
        ChartTransition(off, ("deep",), (deep,)),
        ChartTransition(off, ("kept",), (kept,)),
        ChartTransition(on, ("off",), (off,)),
        ChartTransition(on, ("deep",), (deep,)),
        ChartTransition(a1, ("next",), (a2,)),
        ChartTransition(a, ("over",), (b,)),
        ChartTransition(a2, ("deep",), (deep,)),
        ChartTransition(c1, ("next",), (c2,)),
        ChartTransition(b, ("over",), (a,)),
        ChartTransition(b, ("kept",), (kept,)),
    ]
    events = ("next", "over", "off", "shallow", "deep", "kept")
    return Sample("histories", Chart.build(states, transitions), events)
