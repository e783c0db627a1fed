"""
Screens of `svcflow check` as pictures for the documentation; `python -m screens` in this folder draws them again.
"""

import re
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path

from pages import ROOT
from svcflow.language import check, render, summary
from svcflow.language.render import width

PICTURES = ROOT / "docs" / "pictures"
COLUMNS = 80
EM, ACROSS, DOWN, MARGIN = 14, 8.4, 20, 16

ENGLISH = """\
process: repair
version: 1
roles: [agent, engineer]
fields: {customer: person, fault: text, result: text}
calendars: {office: {timezone: Europe/Berlin, hours: {mon-fri: [09:00-17:00]}}}
calendar: office
open: {by: agent, ask: [customer, fault]}
states:
  received: {by: agent, limit: 2h, events: {hand_over: repiaring, refuse: refused}}
  repairing: {by: enginer, limit: 2d, events: {done: {to: returned, ask: result}, hand_back: received}}
  returned: {end: done}
  refused: {end: cancelled}
"""
CHINESE = """\
process: 维修
version: 1
roles: [客服, 工程师]
fields: {客户: person, 故障: text, 结果: text}
calendars: {工作日: {timezone: Asia/Shanghai, hours: {mon-fri: [09:00-17:00]}}}
calendar: 工作日
open: {by: 客服, ask: [客户, 故障]}
states:
  待受理: {by: 客服, limit: 2 小时, events: {受理: 维修中, 不予受理: 已拒绝}}
  维修中: {by: 工程师, limit: ３d, events: {完成: {to: 已交还, ask: 结果}, 退回: 待受理}}
  已交还: {end: finished}
  已拒绝: {end: cancelled}
"""
SCREENS = {"check-en": ("repair.yaml", ENGLISH), "check-zh": ("维修.yaml", CHINESE)}

_STYLE = """
.svcflow-screen{--page:#fafbfc;--text:#17212b;--error:#b3261e;--warning:#8a5300;--note:#00696e;--frame:#1f5fa8;\
font:14px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,"Noto Sans Mono CJK SC","PingFang SC","Microsoft YaHei",\
monospace;max-width:100%;height:auto}
@media (prefers-color-scheme:dark){.svcflow-screen{--page:#15191e;--text:#e8edf2;--error:#ff8a80;--warning:#ffc266;\
--note:#7fd6c8;--frame:#8ab4f8}}
.svcflow-screen rect{fill:var(--page)}
.svcflow-screen text{fill:var(--text);white-space:pre}
.svcflow-screen .b{font-weight:600}
.svcflow-screen .error{fill:var(--error);font-weight:600}
.svcflow-screen .warning{fill:var(--warning);font-weight:600}
.svcflow-screen .note{fill:var(--note);font-weight:600}
.svcflow-screen .frame{fill:var(--frame);font-weight:600}
""".strip()
_CLASSES = {"0": "", "1": "b", "31;1": "error", "33;1": "warning", "36;1": "note", "34;1": "frame"}
_PART = re.compile("\x1b\\[([0-9;]+)m|([^\x1b]+)")


def picture(name: str) -> str:
    """
    What `svcflow check` shows of one of the files on a terminal, as SVG: every letter in its column.
    """
    file, text = SCREENS[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file
        path.write_text(text, encoding="utf-8")
        report = check([path])
        shown = render(report.findings, report.sources, color=True, columns=COLUMNS).replace(f"{folder}/", "")
    lines = [f"$ svcflow check {file}", *shown.split("\n"), "", f"1 file checked: {summary(report.findings)}"]
    across, down = COLUMNS * ACROSS + 2 * MARGIN, len(lines) * DOWN + 2 * MARGIN
    size = f'width="{across:g}" height="{down:g}"'
    space = f'viewBox="0 0 {across:g} {down:g}" role="img" aria-label="svcflow check {file}"'
    return "\n".join((
        f'<svg xmlns="http://www.w3.org/2000/svg" class="svcflow-screen" {size} {space}>',
        f"<style>{_STYLE}</style>",
        f'<rect {size} rx="8"/>',
        *(part for number, line in enumerate(lines) for part in _line(number, line)),
        "</svg>\n",
    ))  # fmt: skip


def _line(number: int, line: str) -> Iterator[str]:
    y, column, kind = MARGIN + DOWN * number + EM, 0, ""
    for code, text in _PART.findall(line):
        if code:
            kind = _CLASSES[code]
            continue
        places = []
        for letter in text:
            places.append(f"{MARGIN + ACROSS * column:g}")
            column += width(letter)
        css = f' class="{kind}"' if kind else ""
        if text.strip():
            yield f'<text{css} x="{" ".join(places)}" y="{y}">{escape(text)}</text>'


if __name__ == "__main__":
    for name in SCREENS:
        (PICTURES / f"{name}.svg").write_text(picture(name), encoding="utf-8")
