"""The states of a drawn process as a tree, before anything happens in them: where a case can be, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from attrs import field, frozen

from svcflow.testing.strategies.author import Author

Kind: TypeAlias = Literal["plain", "choice", "run", "group", "parallel", "region"]

_ENGLISH: Final = (
    "received", "diagnose", "repair", "verify", "review", "visit_customer", "quote", "ship", "inspect", "settle",
    "train", "survey", "report", "invoice", "dispatch", "assemble", "clean", "advise", "collect", "exchange",
)  # fmt: skip
_CHINESE: Final = (
    "待受理", "诊断", "维修", "验收", "复核", "上门", "报价", "发货", "检验", "结算",
    "培训", "调查", "报告", "开票", "派单", "装配", "清洁", "咨询", "取件", "换货",
)  # fmt: skip

DEEP: Final = 2
"""Groups stand in groups, and no deeper."""


@frozen
class Plot:
    """One state to be written; its path names it from anywhere. `over` is the path of its inner end, if it has one."""

    path: str
    kind: Kind = "plain"
    inner: tuple[Plot, ...] = ()
    over: str = ""

    @property
    def name(self) -> str:
        """Its name among its neighbours."""
        return self.path.rpartition(".")[2]


@frozen(eq=False)
class Outline:
    """Draws the tree; `left` names are to be had yet."""

    author: Author
    left: list[str] = field(factory=list)

    def draw(self) -> tuple[Plot, ...]:
        """The states at the top, ends aside, in the order in which a case goes through them."""
        author = self.author
        number = author.draw_number(1, author.shape.most_states)
        names = author.pick((_ENGLISH, _CHINESE)) if number <= len(_ENGLISH) else ()
        self.left.extend(names or (f"step{count}" for count in range(number)))
        del self.left[number:]
        return tuple(self._level("", 0))

    def _level(self, outer: str, depth: int, most: int | None = None) -> Iterator[Plot]:
        number = 0
        while self.left and number != most:
            number += 1
            yield self._plot(outer, depth)

    def _plot(self, outer: str, depth: int) -> Plot:
        path = outer + self.left.pop(0)
        kind = self.author.pick(self._kinds(depth))
        match kind:
            case "group":
                return self._group(path, depth)
            case "parallel":
                regions = tuple(self._region(f"{path}.{side}") for side in ("left", "right"))
                return Plot(path, "parallel", regions)
            case _:
                return Plot(path, kind)

    def _kinds(self, depth: int) -> list[Kind]:
        shape = self.author.shape
        kinds: list[Kind] = ["plain", "plain", "choice"]
        if depth < DEEP and self.left:
            kinds += ["group", "group"]
        if depth == 0 and len(self.left) > 1 and shape.parallel:
            kinds.append("parallel")
        if shape.children and depth < DEEP:
            kinds.append("run")
        return kinds

    def _group(self, path: str, depth: int) -> Plot:
        inner = tuple(self._level(f"{path}.", depth + 1, self.author.draw_number(1, 3)))
        return Plot(path, "group", inner, f"{path}.over" if self.author.chance(2) else "")

    def _region(self, path: str) -> Plot:
        inner = tuple(self._level(f"{path}.", DEEP, 1)) or (Plot(f"{path}.wait_here"),)
        return Plot(path, "region", inner, f"{path}.over")


def every(plots: tuple[Plot, ...]) -> Iterator[Plot]:
    """All states of a tree, the outer ones first."""
    for plot in plots:
        yield plot
        yield from every(plot.inner)
