"""
Words that nothing else would check: labels, names without a text for people, fields nobody needs, free choices.

Events and messages are named freely, so a slip in one of them contradicts nothing. What gives it away is the label it
no longer has, or another name that differs only by two swapped letters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from attrs import evolve

from svcflow.core.rule import Place
from svcflow.core.spelling import nearest
from svcflow.language import schema
from svcflow.language.compile import Outcome
from svcflow.language.findings import Finding, Fix, Span
from svcflow.language.gather import Gathered
from svcflow.language.scope import Scope
from svcflow.language.spaces import Kind
from svcflow.language.unknown import declaration

_CODE = re.compile("[A-Z0-9_]+")
"""`P1` is the same in every language."""

_HAN = re.compile("[\u3400-\u9fff]")
_HAN_LANGUAGES = ("zh", "ja")

_SOME_YEARS = range(2025, 2015, -1)
"""Years in which a country that has make-up working days had some."""

_FREE = frozenset({"event", "message", "clock", "choice"})
"""What hardly anything else names: the label may be right, and the name misspelt."""

_ROLES: tuple[Kind, ...] = ("person", "moment", "duration")
"""What a field is spoken of as, where it is more than a value."""

_UNUSED: tuple[Kind, ...] = ("field", "calendar", "escalation", "table", "hook", "qualification")


def vocabulary(gathered: Gathered, outcome: Outcome) -> Iterator[Finding]:
    """SF211, SF216, SF217, SF517, SF801 and SF802 over the main file."""
    form = gathered.main
    if form is None:
        return
    yield from _labels_for_nothing(gathered, form, outcome)
    yield from _without_label(gathered, form, outcome)
    yield from _no_makeup(gathered, form, outcome)
    if isinstance(form, schema.ProcessFile):
        yield from _states_without_title(form, outcome)
        yield from _unused(form, outcome.scope)
        yield from _swapped(outcome, form)
        yield from _unlike_title(form, outcome)
        yield from _other_file(gathered, form)


def _warning(span: Span, code: str, message: str, hint: str, better: str = "") -> Finding:
    fix = Fix(f"write `{better}`", span, better, sure=False) if better else None
    return Finding.at(span, code, "warning", message, hint=hint, fix=fix)


def _things(outcome: Outcome) -> dict[str, str]:
    """Every word that may have a label, with what it is."""
    scope = outcome.scope
    found: dict[str, str] = {}
    kinds: tuple[Kind, ...] = ("event", "clock", "role", "field", "calendar", "escalation", "table", "hook",
                              "qualification")  # fmt: skip
    for kind in kinds:
        found.update((name, kind) for name in scope.names(kind))
    found.update((word, "choice") for field in scope.fields.values() for word in field.choices)
    found.update((spot.name, "state") for spot in outcome.tree.spots)
    found.update((message, "message") for message, _ in outcome.messages)
    found.update((need.process, "process") for need in outcome.needs)
    return found


def _labels_for_nothing(
    gathered: Gathered, form: schema.ProcessFile | schema.SharedFile, outcome: Outcome
) -> Iterator[Finding]:
    """SF802."""
    scope, things = outcome.scope, _things(outcome)
    if isinstance(form, schema.ProcessFile):
        things[form.process] = "process"
    for language, words in form.labels.items():
        alone = [name for name in things if name not in words]
        for name in words:
            if name not in things:
                span = gathered.sources.span(("labels", language, name), key=True)
                near = scope.nearest(name, alone) or scope.nearest(name, things)
                hint = f"did you mean `{near}`?" if near else "remove it, or name the thing it should be for"
                where = "this process" if isinstance(form, schema.ProcessFile) else "this file"
                told = _warning(span, "SF802", f"a label for `{name}`, which is nothing in {where}", hint)
                fix = Fix.word(span, near, name, alone) if near else None
                sure = near in alone and things[near] not in _FREE
                yield evolve(told, fix=fix and evolve(fix, sure=fix.sure and sure))


def _small_words(gathered: Gathered, outcome: Outcome) -> dict[str, tuple[str, Span]]:
    """What the main file itself names in one word, and where: events, clocks, roles, fields and choice words."""
    scope = outcome.scope
    found: dict[str, tuple[str, Span]] = {}
    kinds: tuple[Kind, ...] = ("event", "clock", "role", "qualification", "field")
    for kind in kinds:
        for name, place in scope.names(kind).items():
            if place[:1] != ("shared",):
                found.setdefault(name, (kind, declaration(scope, kind, place)))
    for name, place in scope.names("field").items():
        if place[:1] != ("shared",):
            for word in scope.fields[name].choices:
                found.setdefault(word, ("choice word", _word_in(gathered, (*place, "type"), word)))
    return found


def _word_in(gathered: Gathered, place: Place, word: str) -> Span:
    """One word of `a | b | c`."""
    line = gathered.sources.span(place)
    source = next(doc for doc in gathered.sources.documents.values() if doc.file == line.file).lines[line.line - 1]
    start = source.find(word, line.column - 1, line.end_column - 1) - (line.column - 1)
    return gathered.sources.part(place, max(0, start), max(0, start) + len(word))


def _without_label(
    gathered: Gathered, form: schema.ProcessFile | schema.SharedFile, outcome: Outcome
) -> Iterator[Finding]:
    """SF801, for each language that most words have a label in: where few have one, names are meant to do."""
    words = _small_words(gathered, outcome)
    titled = _titled(form, outcome)
    things = _things(outcome)
    for language in outcome.scope.languages:
        labels = {name for file in gathered.forms.values() for name in file.labels.get(language, {})}
        missing = [
            name
            for name in words
            if name not in labels
            and not _has(titled.get(name), language)
            and not _CODE.fullmatch(name)
            and not _is_word_of(language, name)
        ]
        if 2 * len(missing) > len(words):
            continue
        loose = [name for name in labels if name not in things]
        for name in missing:
            kind, span = words[name]
            near = outcome.scope.nearest(name, loose)
            hint = f"did you mean `{near}`, as in `labels`?" if near else f"add it under `labels: {{{language}: ...}}`"
            yield _warning(span, "SF801", f"no title in `{language}` for the {kind} `{name}`", hint, near or "")


def _has(title: Mapping[str, str] | None, language: str) -> bool:
    return title is not None and ("" in title or language in title)


def _is_word_of(language: str, name: str) -> bool:
    """Whether a name is a word of this language as it stands, as English is taken from the names: 检查人 in `zh`."""
    return language.partition("-")[0] in _HAN_LANGUAGES and _HAN.search(name) is not None


def _titled(form: schema.ProcessFile | schema.SharedFile, outcome: Outcome) -> dict[str, Mapping[str, str]]:
    """Titles that stand at the thing itself."""
    titles = {name: field.title for name, field in form.fields.items()}
    if isinstance(form, schema.ProcessFile):
        titles |= {name: clock.title for name, clock in form.sla.items()}
        titles |= {name: event.title for name, event in form.anywhere.items()}
    for spot in outcome.tree.spots:
        titles |= {name: event.title for name, event in spot.form.events.items()}
    return {name: title for name, title in titles.items() if title is not None}


def _states_without_title(form: schema.ProcessFile, outcome: Outcome) -> Iterator[Finding]:
    """SF801: a state without title or label, where most have one."""
    spots = outcome.tree.spots
    labelled = {name for words in form.labels.values() for name in words}
    bare = [spot for spot in spots if spot.form.title is None and spot.name not in labelled]
    if 2 * len(bare) <= len(spots):
        for spot in bare:
            span = outcome.scope.sources.span(spot.place, key=True)
            yield _warning(span, "SF801", f"no title for the state `{spot.name}`", "add `title: ...`, as others have")


def _unused(form: schema.ProcessFile, scope: Scope) -> Iterator[Finding]:
    """SF211: what this file defines and never uses; without `open` every field can be handed over."""
    for kind in _UNUSED if form.open is not None else _UNUSED[1:]:
        for name, place in scope.names(kind).items():
            if place[:1] == ("shared",) or any((other, name) in scope.used for other in (kind, *_ROLES)):
                continue
            unknown = [reference.name for reference in scope.unknown if kind in reference.space.kinds]
            if any(scope.nearest(other, [name]) or name in re.findall(r"\w+", other) for other in unknown):
                continue
            what = "never asked for or looked at" if kind == "field" else "never used"
            hint = "remove it, or use it"
            yield _warning(declaration(scope, kind, place), "SF211", f"{kind} `{name}` is {what}", hint)


def _swapped(outcome: Outcome, form: schema.ProcessFile) -> Iterator[Finding]:
    """SF216: a free name, used once, that is another name with two letters swapped."""
    sources = outcome.scope.sources
    things = {*_things(outcome), form.process}
    free = [(name, sources.span(place)) for name, place in dict.fromkeys(outcome.messages)]
    for spot in outcome.tree.spots:
        free += [(name, sources.span((*spot.place, "events", name), key=True)) for name in spot.form.events]
    free += [(name, sources.span(("anywhere", name), key=True)) for name in form.anywhere]
    count = Counter(name for name, _ in free)
    alike: dict[str, set[str]] = {}
    for name in things:
        alike.setdefault("".join(sorted(name)), set()).add(name)
    for name, span in free:
        near = sorted(other for other in alike.get("".join(sorted(name)), ()) if _swap(name, other))
        twin = next((other for other in near if count.get(other, 2) >= count[name]), None)
        if twin is not None:
            yield _warning(span, "SF216", f"`{name}` and `{twin}` differ only by two swapped letters",
                           f"did you mean `{twin}`?", twin)  # fmt: skip


def _unlike_title(form: schema.ProcessFile, outcome: Outcome) -> Iterator[Finding]:
    """SF216: `plannde` with the title `Planned`; the first state and most events are often named nowhere else."""
    things: list[tuple[Place, Mapping[str, str] | None]] = [
        (spot.place, spot.form.title) for spot in outcome.tree.spots
    ]
    for spot in outcome.tree.spots:
        things += [((*spot.place, "events", name), event.title) for name, event in spot.form.events.items()]
    for word, named in (("anywhere", form.anywhere), ("sla", form.sla), ("fields", form.fields)):
        things += [((word, name), thing.title) for name, thing in named.items()]
    for place, titles in things:
        name = str(place[-1])
        for title in (titles or {}).values():
            written = "_".join(title.casefold().split())
            if _swap(name, written):
                span = outcome.scope.sources.span(place, key=True)
                what = f"`{name}` and its title `{title}` differ only by two swapped letters"
                yield _warning(span, "SF216", what, f"did you mean `{written}`?", written)  # fmt: skip


def _no_makeup(gathered: Gathered, form: schema.ProcessFile | schema.SharedFile, outcome: Outcome) -> Iterator[Finding]:
    """SF517: hours for make-up working days of a country that has none: the code is probably another's."""
    for name, calendar in form.calendars.items():
        built = outcome.calendars.get(name)
        if calendar.makeup is None or built is None:
            continue
        holidays = built.holidays
        if holidays is None or not any(holidays.days(year).makeup for year in _SOME_YEARS):
            prefix = ("calendars", name)
            span = gathered.sources.span((*prefix, "holidays" if calendar.holidays else "makeup"))
            what = (
                f"`{calendar.holidays}` has no make-up working days" if calendar.holidays else "`holidays` is missing"
            )
            hint = "write the country whose make-up days these are, as in `CN`, or remove `makeup`"
            yield _warning(span, "SF517", f"{what}, so `makeup` never holds", hint)


def _swap(one: str, other: str) -> bool:
    """Whether two words become the same by swapping two neighbouring letters; `step_12` and `step_21` are counted."""
    if one == other or len(one) != len(other):
        return False
    at = next(place for place, letter in enumerate(one) if letter != other[place])
    if one[at].isdecimal() and one[at + 1 : at + 2].isdecimal():
        return False
    return one[:at] + one[at + 1 : at + 2] + one[at] + one[at + 2 :] == other


def _other_file(gathered: Gathered, form: schema.ProcessFile) -> Iterator[Finding]:
    """SF217: the file is called nearly like its process: one of the two is a slip, and others look for the file."""
    stem = PurePath(gathered.file).stem
    if stem != form.process and stem.isidentifier() and nearest(form.process, [stem]) is not None:
        span = gathered.sources.span(("process",))
        yield _warning(span, "SF217", f"process `{form.process}` stands in the file `{gathered.file}`",
                       f"did you mean `{stem}`? A process is looked for in the file of its name", stem)  # fmt: skip
