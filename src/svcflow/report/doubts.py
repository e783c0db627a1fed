"""What is wrong with the figures that measures want to be watched, however they were made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from svcflow.core.spelling import nearest
from svcflow.report.kpi import KPIS
from svcflow.report.measures import BUILT_IN, Measures

PLACE = re.compile(r"\{([^{}]*)\}")
"""What stands in the text of a field for something that was found."""

OF_A_PROCESS = frozenset({"process", "version"})
"""In groups by these, services and complaints are never together."""

_SAID = ("figure", "value", "limit", "count", "month")
# They count what is open now, of whatever month.
_OF_NOW = frozenset({"open_cases", "queue"})


def hint(name: str, known: Iterable[str]) -> str:
    """Which name was probably meant, or which there are."""
    names = tuple(known)
    meant = nearest(name, names)
    return f": did you mean `{meant}`?" if meant else f"; there are {', '.join(names)}"


def doubts(measures: Measures) -> Iterator[tuple[str, str]]:
    """What is wrong with the figures that are watched: the figure, and what."""
    known = (*BUILT_IN, *measures.dimensions)
    for figure, one in measures.watch.items():
        if figure not in KPIS:
            yield figure, f"there is no such figure{hint(figure, KPIS)}"
            continue
        if figure not in measures.limits:
            yield figure, f"it has no limit: say one, such as `limits: {{{figure}: 0.5}}`"
        if figure in _OF_NOW:
            yield figure, "it counts what is open now, of whatever month: it opens no cases"
        if figure == "complaint_rate" and not OF_A_PROCESS.isdisjoint(one.by):
            yield figure, "complaints and services are of different processes: take another group"
        yield from ((figure, what) for name in one.by for what in _of_group(figure, name, known))
        said = (*_SAID, *one.by, *filter(None, [KPIS[figure].own]))
        for name in (name for text in one.fields.values() for name in PLACE.findall(text)):
            if name not in said:
                yield figure, f"nothing is called {{{name}}}{hint(name, said)}"


def _of_group(figure: str, name: str, known: Iterable[str]) -> Iterator[str]:
    if not name:
        yield "`by` has an empty name: write `by: product`, or `by: product+partner` for pairs"
    elif name == KPIS[figure].own:
        yield f"it is told for each {name} already: leave `{name}` out"
    elif name == "month":
        yield "every month is looked at by itself already: leave `month` out"
    elif name not in known:
        yield f"there is no dimension `{name}`{hint(name, known)}"
