"""Documentation pages as files: self-contained HTML to read and to print, or Markdown and pictures for a wiki."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Literal, TypeAlias

from svcflow.core.process import Process
from svcflow.diagram.page import Page, Section, pages
from svcflow.diagram.page_words import headings
from svcflow.diagram.svg import svg

PageFormat: TypeAlias = Literal["html", "md"]

STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.55 system-ui,"Segoe UI",Roboto,"Noto Sans","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",\
"WenQuanYi Micro Hei",sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;background:#fff;color:#17212b}
h1{margin-bottom:0}h2{margin-top:2.2rem}p,th{color:#4b5a68}a{color:#0b5a52}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{border-bottom:1px solid #d4dce3;padding:.35rem .6rem;text-align:left;vertical-align:top;\
word-break:keep-all;overflow-wrap:break-word}
@media (prefers-color-scheme:dark){body{background:#15191e;color:#e8edf2}p,th{color:#b3c0cc}a{color:#7fd6c8}\
th,td{border-color:#36414c}}
@page{margin:12mm}
@media print{body{background:#fff;color:#000;margin:0;max-width:none}h2{margin-top:1.2rem;break-after:avoid}\
tr,svg{break-inside:avoid}\
thead{display:table-header-group}table{font-size:8.5pt}svg{max-height:76vh}}
""".strip()

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~<>&-])")


def booklet(processes: Iterable[Process], format_: PageFormat = "html") -> Mapping[str, str]:
    """
    A page for each process and language and an index: the name of each file, and its text.

    HTML holds its picture; Markdown names it, as an SVG file beside it.
    """
    written = [one for process in processes for one in pages(process)]
    files: dict[str, str] = {}
    for one in written:
        picture = svg(one.process, one.language)
        if format_ == "html":
            files[f"{one.file}.html"] = _html(one.title, one.language, _html_page(one, picture))
        else:
            files |= {f"{one.file}.md": _markdown_page(one), f"{one.file}.svg": picture}
    files[f"index.{format_}"] = _html_index(written) if format_ == "html" else _markdown_index(written)
    return files


def _html(title: str, language: str, body: Iterable[str]) -> str:
    head = (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n"
    )
    return head + "\n".join(body) + "\n</body>\n</html>\n"


def _html_page(page: Page, picture: str) -> Iterator[str]:
    yield f"<h1>{escape(page.title)}</h1>"
    yield f"<p>{escape(page.subtitle)}</p>"
    yield f"<h2>{headings(page.language)['picture']}</h2>"
    yield picture.rstrip("\n")
    for section in page.sections:
        yield f"<h2>{escape(section.heading)}</h2>"
        yield from _html_table(section.columns, [[escape(cell) for cell in row] for row in section.rows])


def _html_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield "<table>"
    yield "<thead><tr>" + "".join(f'<th scope="col">{escape(one)}</th>' for one in columns) + "</tr></thead>"
    yield "<tbody>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
    yield "</tbody>\n</table>"


def _index(written: Sequence[Page]) -> tuple[str, Mapping[str, str]]:
    language = written[0].language if written else "en"
    return language, headings(language)


def _html_index(written: Sequence[Page]) -> str:
    language, said = _index(written)
    columns = [said[one] for one in ("process", "version", "language")]
    rows = [
        [f'<a href="{escape(one.file)}.html">{escape(one.title)}</a>', str(one.process.version), escape(one.language)]
        for one in written
    ]  # fmt: skip
    return _html(said["index"], language, [f"<h1>{said['index']}</h1>", *_html_table(columns, rows)])


def _markdown_page(page: Page) -> str:
    lines = [f"# {_plain(page.title)}", "", _plain(page.subtitle), "", f"## {headings(page.language)['picture']}", ""]
    lines += [f"![{_plain(page.title)}](<{page.file}.svg>)"]
    for section in page.sections:
        lines += ["", f"## {_plain(section.heading)}", "", *_markdown_table(section)]
    return "\n".join(lines) + "\n"


def _markdown_table(section: Section) -> Iterator[str]:
    for row in (section.columns, *section.rows):
        yield "| " + " | ".join(_plain(cell) or " " for cell in row) + " |"
        if row is section.columns:
            yield "|" + " --- |" * len(row)


def _markdown_index(written: Sequence[Page]) -> str:
    _, said = _index(written)
    rows = [f"- [{_plain(one.title)}](<{one.file}.md>) ({_plain(one.subtitle)}, {one.language})" for one in written]
    return "\n".join([f"# {said['index']}", "", *rows]) + "\n"


def _plain(text: str) -> str:
    """A text in one line that Markdown takes for nothing but text."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
