"""Coverage as a page: one HTML file with the painted picture, to read on a screen in any light, or to print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from types import MappingProxyType

from svcflow.core.process import Process
from svcflow.diagram.booklet import STYLE
from svcflow.diagram.paint import Paint, Shade
from svcflow.diagram.svg import svg
from svcflow.diagram.wording import Wording
from svcflow.testing.coverage.items import move_names
from svcflow.testing.coverage.report import STATUSES, Item, Part, Report, Row, Status

ENGLISH: Mapping[str, str] = MappingProxyType({
    "coverage": "Coverage", "runs": "{0} runs", "kind": "what", "share": "covered or unreachable", "name": "name",
    "count": "times", "status": "status", "covered": "covered", "uncovered": "not covered",
    "unreachable": "unreachable", "unknown": "not covered, perhaps impossible", "states": "states",
    "transitions": "transitions", "pairs": "pairs of transitions", "guards": "conditions", "refusals": "refusals",
    "timers": "timers", "clocks": "clocks", "escalations": "escalation steps", "hooks": "hook calls", "roles": "roles",
    "ends": "ends", "legend": "Solid and green is covered, dashed and red is not, dotted and grey can never happen; an "
    "arrow of several moves may be partly covered. Moves that stay in their state are in the tables.",
})  # fmt: skip
CHINESE: Mapping[str, str] = MappingProxyType({
    "coverage": "覆盖率", "runs": "共 {0} 次运行", "kind": "项目", "share": "已覆盖或不可达", "name": "名称",
    "count": "次数", "status": "状态", "covered": "已覆盖", "uncovered": "未覆盖", "unreachable": "不可达",
    "unknown": "未覆盖（或不可能发生）", "states": "环节", "transitions": "流转", "pairs": "连续流转", "guards": "条件",
    "refusals": "不予受理", "timers": "计时器", "clocks": "时限", "escalations": "升级", "hooks": "对接动作",
    "roles": "岗位", "ends": "结束", "legend": "绿色实线为已覆盖，红色虚线为未覆盖，灰色点线为不可达；"
    "一条线含多个流转时可能只覆盖一部分。停留在原环节的流转见下表。",
})  # fmt: skip

MORE_STYLE = """
.covered td:last-child{color:#1a7f37}.uncovered td:last-child{color:#c62f26}
.unknown td:last-child{color:#9a6700}.unreachable td{color:#6e7781}
.bar{background:#f3d6d3;height:.6rem;width:9rem;border-radius:.3rem;overflow:hidden;print-color-adjust:exact}
.bar span{display:block;height:100%;background:#1a7f37}
@media (prefers-color-scheme:dark){.covered td:last-child{color:#4ac26b}.uncovered td:last-child{color:#ff7b72}
.unknown td:last-child{color:#d29922}.unreachable td{color:#7d8590}.bar{background:#4d2b28}
.bar span{background:#3fb950}}
@media print{.covered td:last-child{color:#1a7f37}.uncovered td:last-child{color:#c62f26}
.unknown td:last-child{color:#9a6700}.unreachable td{color:#6e7781}}
td.number{text-align:right}td{overflow-wrap:anywhere}
""".strip()

_ORDER: tuple[Status, ...] = ("uncovered", "unknown", "covered", "unreachable")
_SHADES: Mapping[Status, Shade] = MappingProxyType({
    "covered": "covered", "uncovered": "uncovered", "unreachable": "unreachable", "unknown": "uncovered"
})  # fmt: skip


def paint(part: Part) -> Paint:
    """How the states and moves of a process are painted; a group is as covered as it was entered."""
    names = {name: index for index, name in enumerate(move_names(part.process))}
    states = {part.process.paths[one.name]: _SHADES[one.status] for one in part.items if one.kind == "states"}
    moves = {names[one.name]: _SHADES[one.status] for one in part.items if one.kind == "transitions"}
    return Paint(states, moves)


def painted(part: Part, language: str | None = None) -> str:
    """The picture of a process with what is covered, as an SVG file."""
    return svg(part.process, language, paint=paint(part))


def page(report: Report, language: str | None = None) -> str:
    """
    The report as one HTML file, in `language` (default: the first one of the first process).

    Raises:
        InputError: If a process has languages, and `language` is none of them.
    """
    spoken = language or next((one for part in report.parts for one in part.process.languages), "en")
    said = CHINESE if spoken.partition("-")[0] == "zh" else ENGLISH
    body = [f"<h1>{said['coverage']}</h1>", f"<p>{said['runs'].format(f'{report.runs:,}')}</p>"]
    for part in report.parts:
        body += _part(part, language, said)
    return (
        f'<!doctype html>\n<html lang="{escape(spoken)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">\n<title>{said["coverage"]}</title>\n'
        f"<style>{STYLE}\n{MORE_STYLE}</style>\n</head>\n<body>\n" + "\n".join(body) + "\n</body>\n</html>\n"
    )


def _part(part: Part, language: str | None, said: Mapping[str, str]) -> Iterator[str]:
    yield f"<h2>{escape(_title(part.process, language))}</h2>"
    yield _table((said["kind"], said["share"], "", *(said[status] for status in STATUSES)),
                 (("", _cells(row, said)) for row in part.rows()))  # fmt: skip
    yield f"<p>{said['legend']}</p>"
    yield painted(part, language).rstrip("\n")
    for row in part.rows():
        items = sorted((one for one in part.items if one.kind == row.kind), key=lambda one: _ORDER.index(one.status))
        yield f"<h3>{said[row.kind]}</h3>"
        yield _table((said["name"], said["count"], said["status"]), ((one.status, _item(one, said)) for one in items))


def _item(one: Item, said: Mapping[str, str]) -> str:
    return f"<td>{escape(one.name)}</td>{_number(one.count)}<td>{said[one.status]}</td>"


def _title(process: Process, language: str | None) -> str:
    return Wording.of(process, language).title()


def _cells(row: Row, said: Mapping[str, str]) -> str:
    share = (
        f'<td class="number">{row.share} %</td><td><div class="bar"><span style="width:{row.share}%"></span></div></td>'
    )
    return f"<td>{said[row.kind]}</td>{share}" + "".join(_number(row.statuses[status]) for status in STATUSES)


def _number(number: int) -> str:
    return f'<td class="number">{number:,}</td>'


def _table(columns: tuple[str, ...], rows: Iterator[tuple[str, str]]) -> str:
    head = "".join(f'<th scope="col">{one}</th>' for one in columns)
    lines = (f'<tr class="{named}">{cells}</tr>' if named else f"<tr>{cells}</tr>" for named, cells in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(lines) + "\n</tbody>\n</table>"
