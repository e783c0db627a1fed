"""Good files with any value put in any place: there is always an answer, and never a crash."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from language.rulebook import findings

HERE = Path(__file__).parent / "good"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*.yaml"))}
WORD = re.compile(r"(?<=[:,\[{] )[^\s,{}\[\]:#][^,{}\[\]:#\n]*|(?<=[{,\n] )\w+(?=:)|^ *\w+(?=:)", re.MULTILINE)
PLACES = {name: [found.span() for found in WORD.finditer(text)] for name, text in TEXTS.items()}
VALUES = """\
received
repair.onsite
repair.last
closed.last
here
back
clerk
customer
system
responsible
note
level
opened_at
phone
gold
default
true
2d
30min on works
every 2d
1d..2d
soon
visit_time
1y since due_on
5d..1d
50%
100% + 4h
-30min
text
a | b
1..5
0..999999999
score > 3
not agreed and filled(note)
me
now
1
99999999999999999999
[]
{}
[clerk, clerk]
{gold: 1d}
{per: level, table: {gold: 1d}}
{from: 1d, to: 2d}
[{to: closed, when: agreed}, here]
done
finish
cancelled
all
answer
every_word
every_child
words.yaml
Asia/Shanghai
mon-fri
09:00-25:00
2026-12-24
DE
events
states
to
parallel
end
run
auto
'
客户
x y
_
a.b.c
""".splitlines()


@st.composite
def spoilt(draw: st.DrawFn) -> dict[str, str]:
    name = draw(st.sampled_from(sorted(TEXTS)))
    text = TEXTS[name]
    for _ in range(draw(st.integers(1, 3))):
        start, end = draw(st.sampled_from(PLACES[name]))
        value = draw(st.sampled_from(VALUES))
        text = text[:start] + value + text[end:]
    return {**TEXTS, name: text}


@given(spoilt())
def test_any_value_at_any_place_gets_an_answer(texts: dict[str, str]) -> None:
    for file in texts:
        for finding in findings(texts, file):
            assert finding.severity != "error" or finding.help
