"""What a YAML parser's complaint means to the person who wrote the line, and at which line the slip really is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

import yaml
from attrs import frozen

from svcflow.language.findings import Finding, Fix, Secondary, Span
from svcflow.language.nodes import LINE_BREAK

_FULL_WIDTH_KEY = re.compile(r"\s*(?:- )?[^\s:：#'\"{}\[\],]+(：)")
BLANK = re.compile(r"[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]+")
"""What looks like a space, or like nothing, and is a letter to YAML."""

_BLANK_INDENT = re.compile(rf"[ ]*(?:- )?(?:[^\s:'\"{{}}\[\],#]+:)?({BLANK.pattern})")
_WIDE_COMMA = re.compile(r"(，)\s*[^\s，,:{}\[\]]+:(?:\s|$)")
_AFTER_QUOTE = re.compile(r"""\s*(?:- )?([^\s:'"]+): +((["'])(?:(?!\3).)*\3\s*[^\s#,}\]].*)""")
_WIDE_BRACKETS: Mapping[str, str] = MappingProxyType({"【": "】", "［": "］", "｛": "｝", "「": "」"})
_NEARBY = 6
"""How many lines above the parser's complaint are searched for its cause."""

_HABIT = 6
"""Indented lines that show how many spaces a file uses per level."""


@frozen
class Seen:
    """
    What was read before the parser gave up.

    `block_lines` are the lines that began block nodes, `reached` is the last line of which anything was read, `last`
    the last text.
    """

    file: str
    text: str
    block_lines: tuple[int, ...]
    reached: int
    last: Span | None

    @property
    def lines(self) -> list[str]:
        """The text, line by line."""
        return LINE_BREAK.split(self.text)


def tabs(file: str, text: str) -> tuple[Finding, ...]:
    """SF005: a tab in the indentation, told once per file."""
    for number, line in enumerate(LINE_BREAK.split(text) if "\t" in text else (), start=1):
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if "\t" in indent and line.strip() and not line.lstrip().startswith("#"):
            span = Span(file, number, indent.index("\t") + 1, number, len(indent) + 1)
            fix = Fix("use spaces", *_untabbed(file, text, number))
            hint = "indent with spaces, two per level"
            return (Finding.at(span, "SF005", "error", "a tab in the indentation", hint=hint, fix=fix),)
    return ()


def _spaces(blank: str) -> str:
    return BLANK.sub(lambda found: "".join("  " if one == "\u3000" else " " for one in found[0]), blank)


def _untabbed(file: str, text: str, first: int) -> tuple[Span, str]:
    """The lines from the first to the last with a tab or the like, and the same with spaces in their indentation."""
    lines = LINE_BREAK.split(text)
    last = max(number for number, line in enumerate(lines, start=1) if re.search(rf"\t|{BLANK.pattern}", line))
    ends = [found.end() for found in LINE_BREAK.finditer(text)]
    start = ends[first - 2] if first > 1 else 0
    end = (ends[last - 2] if last > 1 else 0) + len(lines[last - 1])
    indents = re.compile(rf"^(?:[ \t]|{BLANK.pattern})+", re.MULTILINE)
    written = indents.sub(lambda found: _spaces(found[0]).expandtabs(2), text[start:end])
    return Span(file, first, 1, last, len(lines[last - 1]) + 1), written


def blanks(file: str, text: str) -> tuple[Finding, ...]:
    """SF005: a space of another kind where YAML needs an ordinary one, as it comes from Excel, Word or the web."""
    for number, line in enumerate(LINE_BREAK.split(text), start=1):
        found = _BLANK_INDENT.match(line)
        blank = None if found is None else BLANK.search(line, found.start(1))
        if blank is not None and line[blank.end() :].strip():
            return (odd_blank(file, text, number, 1, blank),)
    return ()


def odd_blank(file: str, text: str, line: int, column: int, blank: re.Match[str]) -> Finding:
    """SF005 for blanks found in a part of a text that begins in this line and column."""
    span = Span(file, line, column + blank.start(), line, column + blank.end())
    letter = blank[0][0]
    message = f"`U+{ord(letter):04X}`, {unicodedata.name(letter).lower()}, where YAML needs an ordinary space"
    indents = not LINE_BREAK.split(text)[line - 1][: span.column - 1].strip()
    fix = Fix("use spaces", *(_untabbed(file, text, line) if indents else (span, _spaces(blank[0]))))
    hint = "type it anew with the space bar; such spaces come with text pasted from Excel, Word or the web"
    return Finding.at(span, "SF005", "error", message, hint=hint, fix=fix)


def open_bracket(span: Span, text: str) -> Finding | None:
    """SF004: `ask: 【customer, phone】`; a title may well begin with a word in such brackets."""
    wide = text[:1]
    if wide not in _WIDE_BRACKETS or _WIDE_BRACKETS[wide] in text:
        return None
    here = Span(span.file, span.line, span.column, span.line, span.column + 1)
    return Finding.at(here, "SF004", "error", f"full-width `{wide}`; YAML needs `[`", hint="write `[` and `]`")


def other_encoding(raw: bytes) -> tuple[str, str]:
    """What a file is that is not UTF-8, if that is clear, and what to do."""
    if raw.startswith((b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")):
        return "this file is a document, not a text", "copy the text into a plain text file, saved as UTF-8"
    hint = "save it as UTF-8; most editors ask for the encoding under `Save as`"
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "this file is UTF-16, not UTF-8", hint
    try:
        chinese = re.search("[\u4e00-\u9fff]", raw.decode("gb18030"))
    except UnicodeDecodeError:
        chinese = None
    return ("this file looks like GBK, not UTF-8" if chinese else ""), hint


def cut_off(span: Span, line: str) -> tuple[Finding, ...]:
    """SF007: `when: parts > 0 #none`; a comment with a blank after `#` is meant to be one."""
    rest = line[span.end_column - 1 :]
    found = re.match(r"\s+#(?=[^\s#])", rest)
    if found is None:
        return ()
    column = span.end_column + found.end() - 1
    here = Span(span.file, span.end_line, column, span.end_line, len(line.rstrip()) + 1)
    hint = "quote the condition, or put a blank after `#` if this is a comment"
    return (Finding.at(here, "SF007", "warning", "` #` inside a condition cuts it off here", hint=hint),)


def full_width_colon(span: Span, text: str) -> Finding:
    """SF004 in a plain text that was meant to be `key: value`."""
    name, _, rest = text.partition("：")
    column = span.column + len(name)
    return _colon(span.file, span.line, column, name.rsplit(maxsplit=1)[-1] if name.split() else "", rest)


def _colon(file: str, line: int, column: int, name: str, rest: str) -> Finding:
    span = Span(file, line, column, line, column + 1)
    fix = Fix("use the plain colon", span, ":" if rest[:1].isspace() else ": ")
    message = f"full-width `：` after `{name}`; YAML needs `:` and a space"
    return Finding.at(span, "SF004", "error", message, hint=f"write `{name}: {rest.strip()[:20]}`", fix=fix)


def swallowed(file: str, number: int, line: str, before: Span) -> Finding:
    """A list item that YAML reads as part of the text above, because it is indented further."""
    column = len(line) - len(line.lstrip()) + 1
    span = Span(file, number, column, number, len(line.rstrip()) + 1)
    message = "not valid here: this line is indented further than the item above, so YAML reads it as part of that text"
    notes = (Secondary.at(before, "the text begins here"),)
    return Finding.at(span, "SF001", "error", message, hint="indent it like the item above", notes=notes)


def explain(error: yaml.YAMLError, seen: Seen) -> Finding:
    """SF001, SF004: why the parser stopped, at the line where the slip is."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return _told(seen, 1, 1, "the text cannot be read", "save it as UTF-8 text")
    line, column = error.problem_mark.line + 1, error.problem_mark.column + 1
    context = str(error.context or "")
    wide = _full_width_near(seen, line)
    if wide is not None:
        return wide
    if "quoted scalar" in context or "block scalar" in context or "simple key" in context:
        return _at_context(error, seen)
    if context.startswith("while parsing a flow"):
        return _unclosed(error, seen)
    named = error.context_mark if re.search("scanning an? (?:alias|anchor|tag)", context) else None
    if named is not None or (error.problem and "cannot start any token" in error.problem):
        return _reserved(seen, named.line + 1, named.column + 1) if named else _reserved(seen, line, column)
    odd = _odd_line(seen, line)
    if odd is not None:
        return _indented(seen, odd, line)
    if error.problem and "mapping values" in error.problem:
        return _second_colon(seen, line, column)
    return _unexpected(seen, line, column, str(error.problem or "it stops here"))


def _unexpected(seen: Seen, line: int, column: int, problem: str) -> Finding:
    """The parser says no more than that it expected something else."""
    text = seen.lines[line - 1] if line <= len(seen.lines) else ""
    if text.lstrip().startswith("- "):
        return _told(seen, line, column, "an item with `-` among lines `word: value`", "remove the `-`")
    after = _AFTER_QUOTE.match(text)
    if after is not None:
        whole = f"'{after[2].strip()}'" if "'" not in after[2] else f'"{after[2].strip()}"'
        return _told(seen, line, column, "the text goes on behind its closing quote",
                     f"put quotes of the other kind around all of it: `{after[1]}: {whole}`")  # fmt: skip
    hint = "look at the indentation and the brackets of this line and the one above"
    return _uneven(seen, line) or _told(seen, line, column, problem, hint)


def _uneven(seen: Seen, line: int) -> Finding | None:
    """A line in a part whose other lines are indented otherwise: it may be wrong, and so may the head of the part."""
    lines = seen.lines[:line]
    indents = {n: _indent(one) for n, one in enumerate(lines, start=1) if one.strip() and one.lstrip()[0] != "#"}
    here = indents.get(line, 0)
    head = max((n for n, indent in indents.items() if indent < here), default=line)
    first = min((n for n in indents if n > head), default=line)
    if first == line or indents[first] == here:
        return None
    name = lines[head - 1].strip().partition(":")[0]
    what = f"this line is indented by {here} spaces, and the others under `{name}` by {indents[first]}"
    hint = f"indent it like them; or is it `{name}`, in line {head}, that stands in a wrong column?"
    note = Secondary(f"`{name}` begins here", seen.file, head, indents[head] + 1, len(lines[head - 1].rstrip()) + 1)
    return _told(seen, line, 1, what, hint, note)


def _told(seen: Seen, line: int, column: int, what: str, hint: str, *notes: Secondary) -> Finding:
    lines = seen.lines
    # The parser may stop behind the last line: point at the last one that holds something.
    while line > 1 and (line > len(lines) or not lines[line - 1].strip()):
        line, column = line - 1, 1
    text = lines[line - 1]
    column = max(1, min(column, len(text)))
    if not text[: column - 1].strip():
        column = len(text) - len(text.lstrip()) + 1
    end = max(column + 1, len(text.rstrip()) + 1)
    span = Span(seen.file, line, column, line, end)
    return Finding.at(span, "SF001", "error", f"not valid YAML: {what}", hint=hint, notes=notes)


def _full_width_near(seen: Seen, line: int) -> Finding | None:
    for number in range(min(line, len(seen.lines)), max(0, line - _NEARBY), -1):
        text = seen.lines[number - 1]
        found = _FULL_WIDTH_KEY.match(text)
        if found is not None:
            at = found.start(1)
            return _colon(seen.file, number, at + 1, text[:at].strip().removeprefix("- "), text[at + 1 :])
    return None


def _at_context(error: yaml.MarkedYAMLError, seen: Seen) -> Finding:
    """Problems that are noticed late: an open quote, a line without colon."""
    mark = error.context_mark or error.problem_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    if "quoted" in str(error.context):
        if error.problem and "end of stream" in error.problem:
            return _told(seen, line, column, "this quote is never closed", "close the quote on the same line")
        return _told(seen, line, column, f"{error.problem} in a quoted text", "use single quotes: no backslashes there")
    if "block scalar" in str(error.context):
        return _told(seen, line, column, f"{error.problem} in a text that begins with `|` or `>`", "quote a short text")
    return _no_colon(seen, line, column)


def _no_colon(seen: Seen, line: int, column: int, *notes: Secondary) -> Finding:
    word = seen.lines[line - 1].strip().removeprefix("- ")
    name, colon, rest = word.partition(":")
    if colon and rest and not rest[0].isspace():
        return _told(seen, line, column, "a space is missing after `:`", f"write `{name}: {rest}`", *notes)
    first, _, rest = word.partition(" ")
    hint = f"write `{first}: {rest.strip() or '...'}`, or indent this line like the text it belongs to"
    return _told(seen, line, column, "`:` is missing on this line", hint, *notes)


def _unclosed(error: yaml.MarkedYAMLError, seen: Seen) -> Finding:
    """A comma or closing bracket is missing: near the stop, or at the bracket when a new block line was reached."""
    opened, stopped = error.context_mark, error.problem_mark
    if opened is None or stopped is None:
        return _told(seen, 1, 1, "a bracket is never closed", "close it")
    bracket = "{" if "mapping" in str(error.context) else "["
    closing = "}" if bracket == "{" else "]"
    lines = seen.lines
    here = lines[stopped.line] if stopped.line < len(lines) else ""
    outside = not here.strip() or _indent(here) <= _indent(lines[opened.line])
    if stopped.line != opened.line and outside:
        hint = f"close it with `{closing}` before the next line begins"
        return _told(seen, opened.line + 1, opened.column + 1, f"this `{bracket}` is never closed", hint)
    if (comma := _WIDE_COMMA.search(here, opened.column if stopped.line == opened.line else 0)) is not None:
        at = Span(seen.file, stopped.line + 1, comma.start(1) + 1, stopped.line + 1, comma.end(1) + 1)
        fix = Fix("use the plain comma", at, "," if here[comma.end(1)].isspace() else ", ")
        message = "full-width `，` between two words; YAML needs `,` and a space"
        return Finding.at(at, "SF004", "error", message, hint="write `, `", fix=fix)
    what = f"`,` or `{closing}` is missing here"
    note = Secondary(f"the `{bracket}` opens here", seen.file, opened.line + 1, opened.column + 1, opened.column + 2)
    hint = "separate with commas, and quote a text that holds `: `, `, ` or a bracket"
    return _told(seen, stopped.line + 1, stopped.column + 1, what, hint, note)


def _reserved(seen: Seen, line: int, column: int) -> Finding:
    text = seen.lines[line - 1]
    character = text[column - 1 : column]
    if character == "\t":
        return _told(seen, line, column, "a tab cannot stand here", "use spaces")
    shown = f"`{character}`" if character != "`" else "a backtick"
    return _told(seen, line, column, f"a value cannot begin with {shown}", f"quote it: '{character}...'")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _odd_line(seen: Seen, problem: int) -> int | None:
    """The nearest line at or above the parser's stop whose indentation fits no level of this file."""
    lines = seen.lines
    begun = sorted({number for number in seen.block_lines if number <= problem})
    # Lines between brackets may stand as they like, so only what lies behind them is looked at unread.
    begun += [n for n in range(seen.reached + 1, min(problem, len(lines)) + 1) if lines[n - 1].strip()]
    indents = {number: _indent(lines[number - 1]) for number in begun if number <= len(lines)}
    unit = _unit(list(indents.values()))
    odd = [number for number, indent in indents.items() if indent % unit]
    return odd[-1] if odd else None


def _unit(indents: list[int]) -> int:
    """Spaces per level: 4 where enough lines keep to it, else 2; one slip does not change it."""
    inner = [indent for indent in indents if indent]
    slips = sum(1 for indent in inner if indent % 4)
    return 4 if slips <= 1 and len(inner) >= _HABIT else 2


def _indented(seen: Seen, odd: int, problem: int) -> Finding:
    spaces = _indent(seen.lines[odd - 1])
    what = f"this line is indented by {spaces} space{'s' if spaces != 1 else ''}, which fits no line around it"
    hint = "indent it like its neighbours, two spaces per level"
    notes = () if odd == problem else (Secondary("YAML stumbles here", seen.file, problem, 1, 2),)
    return _told(seen, odd, 1, what, hint, *notes)


def _second_colon(seen: Seen, line: int, column: int) -> Finding:
    """`title: a: b` needs quotes; a line without colon swallowed this one."""
    text = seen.lines[line - 1]
    if seen.last is not None and seen.last.line < line:
        above = seen.lines[seen.last.line - 1]
        if _indent(text) > _indent(above) and ": " in above[: seen.last.column - 1]:
            note = Secondary("the text begins here", seen.file, seen.last.line, seen.last.column, len(above) + 1)
            what = "this line is indented further than the one above, so YAML reads it as part of that text"
            return _told(seen, line, 1, what, "indent it like the line above", note)
        note = Secondary("YAML stumbles here", seen.file, line, column, column + 1)
        return _no_colon(seen, seen.last.line, seen.last.column, note)
    key, _, rest = text.strip().partition(": ")
    hint = f"quote the text: `{key}: '{rest.strip()}'`"
    return _told(seen, line, column, "a second `: ` on this line", hint)
