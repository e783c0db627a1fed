"""What can be written at the cursor: words of the language where they may stand, names that mean something there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias, get_args, get_origin

from attrs import evolve, frozen

from svcflow.language import patterns
from svcflow.language.files import processes
from svcflow.language.forms import WEEKDAYS
from svcflow.language.names import role_of, type_of
from svcflow.language.nodes import Document, MappingNode, ScalarNode, SequenceNode
from svcflow.language.samples import samples
from svcflow.language.spaces import ASKED, CALENDAR, SINCE, TABLE, TARGET, Kind, Space, Written
from svcflow.language.spots import Model, Spot, words
from svcflow.lsp.cursor import MARK, cursor
from svcflow.lsp.things import child_of, home, state_at
from svcflow.lsp.view import View

OfferKind: TypeAlias = Literal["word", "value"] | Kind

_TIMES = ("30min", "4h", "1d", "2d on always")
_TYPICAL: tuple[tuple[Written, tuple[str, ...]], ...] = (
    (patterns.TYPE, (*patterns.TYPES, "a | b | c", "1..5")), (patterns.DAYS, ("mon-fri", *WEEKDAYS)),
    (patterns.TIME, _TIMES), (patterns.CELL, _TIMES), (patterns.WINDOW, ("2d..5d",)),
    (patterns.STEP, ("50%", "75%", "100%", "100% + 4h", "-30min")), (patterns.HOURS, ("09:00-17:00",)),
)  # fmt: skip


@frozen
class Offer:
    """One thing that can be written: what is shown, what it is, what is typed for it, and what it means."""

    label: str
    kind: OfferKind
    text: str
    about: str = ""


@frozen(eq=False)
class Offers:
    """What can stand in the place of a word, given by its offsets in the text."""

    start: int
    end: int
    offers: tuple[Offer, ...]


def offers(view: View, file: str, text: str, offset: int) -> Offers:
    """What can be written at an offset of a text, which `view` may know in an older form."""
    here = cursor(text, offset, view.files.shown(file))
    found: dict[str, Offer] = {}
    for spot, document in here.found:
        place = _Place(view, file, spot, document)
        taken = place.taken
        for offer in (one for one in place.offers() if one.label not in taken):
            found.setdefault(offer.label, offer if spot.key and not here.keyed else evolve(offer, text=offer.label))
    return Offers(here.start, here.end, tuple(found.values()))


@frozen(eq=False)
class _Place:
    """The spot of the mark. Names come from the file as it was last read, and from the one that holds the mark."""

    view: View
    file: str
    spot: Spot
    document: Document

    @property
    def taken(self) -> frozenset[str]:
        """What stands beside the mark already, in the same mapping or the same list."""
        if self.spot.key:
            return frozenset(self.spot.around)
        _, beside = self.document.find(self.spot.place[:-1]) if isinstance(self.spot.place[-1], int) else (None, None)
        items = beside.items if isinstance(beside, SequenceNode) else ()
        return frozenset(item.text for item in items if isinstance(item, ScalarNode))

    def offers(self) -> Iterator[Offer]:
        spot = self.spot
        for model in spot.models:
            for word in words(model):
                yield Offer(word, "word", f"{word}: ", explained(model, word))
        for form in spot.forms:
            if get_origin(form.type) is Literal:
                yield from _values(get_args(form.type))
            if form.type is bool:
                yield from _values(("true", "false"))
        yield from self.names(spot.spaces)
        yield from self.parts()
        if spot.place[:1] == ("use",):
            yield from _values(name for name in self.view.files.names() if name != self.file)
        yield from self.rows()
        yield from self.ends()

    def names(self, spaces: Iterable[Space]) -> Iterator[Offer]:
        for space in spaces:
            for kind in space.kinds:
                for name, about in self.of_kind(kind):
                    yield Offer(name, kind, f"{name}: ", about)
            if space == TARGET:
                groups = {whole.rpartition(".")[0] for whole in self.paths()} - {""}
                yield from _values(f"{group}.last" for group in sorted(groups))
            yield from _values(space.words)

    def of_kind(self, kind: Kind) -> Iterator[tuple[str, str]]:
        """The names of one kind with something about each."""
        if kind == "process":
            yield from ((name, "process") for name in sorted(processes(self.view.files)))
        elif kind == "state":
            for whole in self.paths():
                yield self.spelled(whole), f"state {whole}"
        else:
            yield from self.declared(kind)

    def declared(self, kind: Kind) -> Iterator[tuple[str, str]]:
        wanted = kind in {"person", "moment", "duration"}
        for beside in self.view.brought(home(self.view, self.file, self.spot)):
            for (found, name), spot in self.view.declared(beside).items():
                if found == ("field" if wanted else kind) and MARK not in name:
                    type_ = type_of(spot) if found == "field" else ""
                    if not wanted or role_of(type_) == kind:
                        yield name, f"{found} {name}: {type_}" if type_ else f"{found} of {beside}"

    def paths(self) -> list[str]:
        return [name for kind, name in self.view.declared(self.file) if kind == "state" and MARK not in name]

    def spelled(self, whole: str) -> str:
        """The shortest way to name a state here."""
        names = whole.split(".")
        for number in reversed(range(len(names))):
            name = ".".join(names[number:])
            if state_at(self.view, self.file, name, self.spot.state) == whole:
                return name
        return whole

    def parts(self) -> Iterator[Offer]:
        """Inside a condition, a value or a time; or a text that is written in some few ways."""
        spot = self.spot
        before = spot.node.text.partition(MARK)[0].split()
        if not spot.inner:
            written = [mark for form in spot.forms for mark in form.marks if isinstance(mark, Written)]
            yield from _values(text for mark, texts in _TYPICAL if mark in written for text in texts)
        elif ASKED not in spot.inner:
            yield from self.time(before)
        elif spot.place[-2:-1] == ("set",):
            choices = list(self.choices(str(spot.place[-1])))
            yield from _values((*choices, "me", "now"))
            yield from self.names(() if choices else (ASKED,))
        else:
            choices = list(self.choices(before[-2])) if len(before) > 1 else []
            yield from _values(choices or ("and", "or", "not", "filled()"))
            yield from self.names((ASKED,))

    def time(self, before: list[str]) -> Iterator[Offer]:
        """In a time, behind some words of it."""
        follows = {"on": (CALENDAR,), "since": (SINCE,), "else": (TABLE,)}.get(before[-1] if before else "")
        if follows:
            yield from self.names(follows)
        elif before:
            yield from _values(("on", "since", "else"))
        else:
            yield from self.names((TABLE,))
            yield from _values(_TIMES)

    def choices(self, field: str) -> Iterator[str]:
        """The words that a field can hold."""
        for beside in self.view.brought(self.file):
            spot = self.view.declared(beside).get(("field", field))
            type_ = "" if spot is None else type_of(spot)
            if type_ == "flag":
                yield from ("true", "false")
            elif "|" in type_:
                yield from (word.strip() for word in type_.split("|"))

    def rows(self) -> Iterator[Offer]:
        """The rows of a table of times: the words that its fields can hold."""
        place = self.spot.place
        if not self.spot.key or "table" not in place:
            return
        at = len(place) - 1 - place[::-1].index("table")
        _, table = self.document.find(place[:at])
        per = table.entries["per"].value if isinstance(table, MappingNode) and "per" in table.entries else None
        fields = [
            one.text for one in (per.items if isinstance(per, SequenceNode) else (per,)) if isinstance(one, ScalarNode)
        ]
        depth = len(place) - at - 2
        if depth < len(fields):
            yield from _values((*self.choices(fields[depth]), "default"))

    def ends(self) -> Iterator[Offer]:
        """The events of a state that runs a child case: the ends of the child."""
        declares = self.spot.declares
        child = child_of(self.view, self.document, self.spot) if declares and declares.kind == "event" else None
        for (kind, name), spot in ({} if child is None else self.view.declared(child)).items():
            if kind == "state" and not spot.state and _ends(spot):
                yield Offer(name, "event", f"{name}: ", f"end of {child}")


def _ends(state: Spot) -> bool:
    node = state.around[state.node.text].value
    return isinstance(node, MappingNode) and "end" in node.entries


def explained(model: Model, word: str) -> str:
    """A word of the language with its examples, as Markdown."""
    field = next(field for name, field in model.model_fields.items() if (field.alias or name) == word)
    examples = "\n".join(f"{word}: {sample}" for sample in samples(model, word))
    return f"{field.description}\n\n```yaml\n{examples}\n```"


def _values(texts: Iterable[object]) -> Iterator[Offer]:
    yield from (Offer(str(text), "value", f"{text}: ") for text in texts)
