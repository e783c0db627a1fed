"""
Conditions in words, read: text in, tree out, by hand and without any evaluation.

Nothing but field names, numbers, choice words, quoted text, comparisons, `and or not`, `+ - * /`, `filled(x)`,
`true false` and parentheses is ever recognised, so there is nothing a hostile text could reach. Length and depth are
bounded before anything recursive starts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal, TypeAlias, cast

from attrs import frozen

from svcflow.core.tree import And, Compare, Filled, Minus, Name, Not, Or, Order, Quoted, Sign, Sum, Tree, Value

LONGEST = 2_000
"""Characters of a condition; longer ones are refused at once."""

DEEPEST = 40
"""Parentheses, `not` and signs inside one another."""

MOST_SUMS = 60
"""Signs `+ - * /` in one condition."""

KEYWORDS = frozenset(("and", "or", "not", "true", "false", "filled"))


@frozen
class Problem:
    """
    What is wrong with a condition. `start` and `end` count characters of its text.

    `better` is what should stand there instead, where nothing else can be meant.
    """

    code: str
    start: int
    end: int
    message: str
    help: str = ""
    better: str = ""


class Unreadable(Exception):
    """The text is not a condition. Never leaves the core: it carries the one problem out of the descent."""

    def __init__(
        self,
        start: int,
        end: int,
        message: str,
        help: str = "",  # noqa: A002  # The finding's word.
        better: str = "",
    ) -> None:
        super().__init__(message)
        self.problem = Problem("SF401", start, end, message, help, better)


Kind: TypeAlias = Literal["number", "quoted", "name", "sign", "end"]


@frozen
class Token:
    """One word or sign of a condition."""

    kind: Kind
    text: str
    start: int
    end: int


_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_SIGN = re.compile(r"==|!=|<=|>=|[<>+*/()-]")
_FOREIGN = re.compile(r"===|!==|&&|\|\||<>|=<|=>|\*\*|//|->|[&|=!%^~.,;:?@#$\[\]{}\\`]")
_HINTS = {
    "===": "compare with `==`",
    "!==": "compare with `!=`",
    "&&": "use `and`",
    "&": "use `and`",
    "||": "use `or`",
    "|": "use `or`",
    "<>": "compare with `!=`",
    "=<": "write `<=`",
    "=>": "write `>=`",
    "=": "compare with `==`",
    "!": "use `not`",
    "~": "use `not`",
    ".": "a condition sees the fields of this case only, each by its plain name",
    "[": "a condition has no lists; ask for each word with `==` and join them with `or`",
    "{": "a condition is written without braces",
    "%": "a condition knows `+ - * /` only",
    "^": "a condition knows `+ - * /` only",
    "**": "a condition knows `+ - * /` only",
    "//": "divide with `/`",
    ",": "join two conditions with `and` or `or`; a decimal fraction has a point",
    "?": "a condition only says yes or no; give the event one alternative per case",
    "$": "fields are written by their plain name",
}
_INSTEAD = {"===": "==", "!==": "!=", "<>": "!=", "=<": "<=", "=>": ">=", "=": "==", "&&": "and", "||": "or"}
_WIDE = {
    "≥": ">=", "≤": "<=", "≠": "!=", "×": "*", "÷": "/", "−": "-", "–": "-", "—": "-", "“": '"', "”": '"', "‘": "'",
    "’": "'", "「": "'", "」": "'",
}  # fmt: skip
_FOREIGN_WORDS = {
    "is": "compare with `==`",
    "equals": "compare with `==`",
    "eq": "compare with `==`",
    "in": "ask for each word with `==` and join them with `or`",
    "contains": "a condition cannot look into a text or a list",
    "like": "a condition cannot look into a text",
    "between": "write two comparisons and join them with `and`",
    "且": "use `and`",
    "并且": "use `and`",
    "和": "use `and`",
    "或": "use `or`",
    "或者": "use `or`",
    "不": "use `not`",
    "xor": "a condition knows `and`, `or`, `not`",
    "if": "the word `when` before the condition says that already",
}


def tokens(text: str) -> Iterator[Token]:
    """
    The words and signs of a condition, the last one of kind `end`.

    Raises:
        Unreadable: At the first character that belongs to no condition.
    """
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _number(text, at) or _quoted(text, at) or _name(text, at) or _sign(text, at)
        yield token
        at = token.end
    yield Token("end", "", at, at)


def _number(text: str, at: int) -> Token | None:
    found = _NUMBER.match(text, at)
    if found is None:
        return None
    end = found.end()
    if text[end : end + 2] == "..":
        raise Unreadable(at, end + 2, "cannot read `..` in a condition", "write `x >= 1 and x <= 5`")
    if end < len(text) and (_continues(text[end]) or text[end] == "%"):
        while end < len(text) and (_continues(text[end]) or text[end] == "%"):
            end += 1
        raise Unreadable(at, end, f"`{text[at:end]}` is not a number", "numbers are written as `1000` or `0.5`")
    return Token("number", found.group(), at, end)


def _quoted(text: str, at: int) -> Token | None:
    if text[at] not in "'\"":
        return None
    end = text.find(text[at], at + 1)
    if end < 0:
        raise Unreadable(
            at, len(text), f"the quote {text[at]} is never closed", "a text stands in two quotes: 'like this'"
        )
    return Token("quoted", text[at + 1 : end], at, end + 1)


def _continues(character: str) -> bool:
    # The rule of Python for the characters after the first one, in every script.
    return ("a" + character).isidentifier()


def _name(text: str, at: int) -> Token | None:
    if not text[at].isidentifier():
        return None
    end = at + 1
    while end < len(text) and _continues(text[end]):
        end += 1
    return Token("name", text[at:end], at, end)


def _sign(text: str, at: int) -> Token:
    foreign = _FOREIGN.match(text, at)
    found = _SIGN.match(text, at)
    if found is not None and (foreign is None or len(foreign.group()) <= len(found.group())):
        return Token("sign", found.group(), at, found.end())
    if foreign is not None:
        sign = foreign.group()
        raise Unreadable(at, foreign.end(), f"cannot read `{sign}` in a condition", _HINTS.get(sign, ""),
                         _INSTEAD.get(sign, ""))  # fmt: skip
    character = text[at]
    plain = _WIDE.get(character) or unicodedata.normalize("NFKC", character)
    if plain != character and plain.isprintable():
        raise Unreadable(at, at + 1, f"cannot read `{character}` in a condition", f"write `{plain}`", plain)
    shown = f"`{character}`" if character.isprintable() else f"the character U+{ord(character):04X}"
    raise Unreadable(at, at + 1, f"cannot read {shown} in a condition")


def parse(text: str) -> Tree:
    """
    Read a condition or an arithmetic expression; names and quoted texts are not yet resolved.

    Raises:
        Unreadable: With the first place that cannot be read.
    """
    if len(text) > LONGEST:
        message = f"this condition is too long: {len(text):,} characters; at most {LONGEST:,} are read"
        raise Unreadable(0, len(text), message, "let the host work it out and hand it over as a flag")
    if not text.strip():
        raise Unreadable(0, len(text), "this condition is empty")
    return _Descent(text).whole()


class _Descent:
    """Recursive descent over the tokens; `depth` and `sums` keep it, and all later walks, from running deep."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.token = next(self.tokens)
        self.depth = 0
        self.sums = 0

    def next(self) -> Token:
        token = self.token
        self.token = next(self.tokens, token)
        return token

    def has(self, *texts: str) -> bool:
        return self.token.kind in {"name", "sign"} and self.token.text in texts

    def whole(self) -> Tree:
        tree = self.disjunction()
        if self.token.kind != "end":
            raise self.unexpected()
        return tree

    def unexpected(self) -> Unreadable:
        token = self.token
        if token.kind == "end":
            return Unreadable(token.start, token.end, "the condition ends too early: something is missing here")
        shown = self.text[token.start : token.end]
        word = token.text.casefold()
        hint = _FOREIGN_WORDS.get(word, "")
        if token.kind == "name" and word in KEYWORDS and word != token.text:
            hint = f"use `{word}`, in small letters"
        elif token.text == "(":
            hint = "`filled(x)` is the only question of this form"
        elif not hint and token.kind in {"name", "number", "quoted"}:
            hint = "join two conditions with `and` or `or`"
        return Unreadable(token.start, token.end, f"cannot read `{shown}` here", hint)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            token = self.token
            raise Unreadable(token.start, token.end, f"nested too deep: more than {DEEPEST} levels")

    def disjunction(self) -> Tree:
        of = [self.conjunction()]
        while self.has("or"):
            self.next()
            of.append(self.conjunction())
        return of[0] if len(of) == 1 else Or(tuple(of), of[0].start, of[-1].end)

    def conjunction(self) -> Tree:
        of = [self.negation()]
        while self.has("and"):
            self.next()
            of.append(self.negation())
        return of[0] if len(of) == 1 else And(tuple(of), of[0].start, of[-1].end)

    def negation(self) -> Tree:
        if not self.has("not"):
            return self.comparison()
        start = self.next().start
        self.deeper()
        of = self.negation()
        self.depth -= 1
        return Not(of, start, of.end)

    def comparison(self) -> Tree:
        left = self.sum()
        if not self.has("==", "!=", "<", "<=", ">", ">="):
            return left
        order = cast("Order", self.next().text)
        right = self.sum()
        if self.has("==", "!=", "<", "<=", ">", ">="):
            hint = "write two comparisons and join them with `and`"
            raise Unreadable(self.token.start, self.token.end, "one comparison cannot follow another", hint)
        return Compare(order, left, right, left.start, right.end)

    def sum(self) -> Tree:
        left = self.product()
        while self.has("+", "-"):
            left = self.join(left, self.next(), self.product())
        return left

    def product(self) -> Tree:
        left = self.signed()
        while self.has("*", "/"):
            left = self.join(left, self.next(), self.signed())
        return left

    def join(self, left: Tree, sign: Token, right: Tree) -> Tree:
        self.sums += 1
        if self.sums > MOST_SUMS:
            raise Unreadable(sign.start, sign.end, f"more than {MOST_SUMS} signs `+ - * /` in one condition")
        return Sum(cast("Sign", sign.text), left, right, left.start, right.end)

    def signed(self) -> Tree:
        if not self.has("-"):
            return self.atom()
        start = self.next().start
        self.deeper()
        of = self.signed()
        self.depth -= 1
        return Minus(of, start, of.end)

    def atom(self) -> Tree:
        token = self.token
        if token.kind == "number":
            self.next()
            return Value(Decimal(token.text), token.start, token.end)
        if token.kind == "quoted":
            self.next()
            return Quoted(token.text, token.start, token.end)
        if token.kind == "name" and token.text not in {"and", "or", "not"}:
            self.next()
            return self.named(token)
        if not self.has("("):
            raise self.unexpected()
        self.next()
        self.deeper()
        inner = self.disjunction()
        if not self.has(")"):
            raise self.unclosed(token) if self.token.kind == "end" else self.unexpected()
        self.next()
        self.depth -= 1
        return inner

    def unclosed(self, opening: Token) -> Unreadable:
        return Unreadable(opening.start, opening.end, "this `(` is never closed")

    def named(self, token: Token) -> Tree:
        if token.text in {"true", "false"}:
            return Value(token.text == "true", token.start, token.end)
        if token.text == "filled":
            return self.filled(token)
        if self.has("("):
            raise Unreadable(token.start, self.token.end, f"cannot read `{token.text}(` in a condition",
                             "`filled(x)` is the only question of this form")  # fmt: skip
        return Name(token.text, token.start, token.end)

    def filled(self, token: Token) -> Tree:
        """Read `(x)` after the word: exactly one field name."""
        shape = [self.next() for _ in range(3)]
        name = shape[1]
        if shape[0].text != "(" or name.kind != "name" or name.text in KEYWORDS or shape[2].text != ")":
            end = max(token.end, shape[2].end if shape[2].kind != "end" else shape[1].end)
            raise Unreadable(token.start, end, "`filled` asks for one field", "write `filled(x)`")
        return Filled(name.text, name.start, token.start, shape[2].end)
