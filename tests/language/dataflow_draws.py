"""
Small processes by chance for the tests of the data flow: they need not make sense, only to compile and to run.
"""

from hypothesis import strategies as st

FIELDS = "fields: {a: number, b: number, c: flag, d: text}"
NAMES = ("a", "b", "c", "d")
CONDITIONS = (
    "filled(a)",
    "not filled(b)",
    "a > 700",
    "a > b",
    "c",
    "not c",
    "filled(a) and b > 1000",
    "a > 900 or b > 900",
    "not (filled(a) or filled(d))",
)
WRITES = ("a: b", "b: 1", "a: a + b", "c: filled(a)", "d: now and then", "b: 6 / a", "a: 0 - b")
PLACES = ("one", "two", "group", "group.x", "group.y", "sides", "sides.left.m", "sides.right.p", "held", "over", "here")


def _some(words: tuple[str, ...], most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(words), max_size=most, unique=True)


@st.composite
def _doing(draw: st.DrawFn) -> str:
    writes = draw(_some(WRITES, 1))
    return f", do: {{set: {{{writes[0]}}}}}" if writes else ""


@st.composite
def _alternative(draw: st.DrawFn, places: tuple[str, ...], *, counted: bool) -> str:
    target = draw(st.sampled_from(places))
    when = f", when: {draw(st.sampled_from(CONDITIONS))}" if draw(st.booleans()) else ""
    most = ", max: 1" if counted or draw(st.integers(0, 4)) == 0 else ""
    return f"{{to: {target}{when}{most}{draw(_doing())}}}"


@st.composite
def _event(draw: st.DrawFn, places: tuple[str, ...], *, form: bool = True) -> str:
    ask = draw(_some(NAMES, 2)) if form else []
    may = [name for name in draw(_some(NAMES, 2)) if name not in ask] if form else []
    asked = "".join(f", {word}: [{', '.join(names)}]" for word, names in (("ask", ask), ("may", may)) if names)
    ways = draw(st.lists(_alternative(places, counted=not form), min_size=1, max_size=3))
    return f"{{to: [{', '.join(ways)}]{asked}{draw(_doing())}}}"


@st.composite
def _inside(draw: st.DrawFn, places: tuple[str, ...], *, auto: bool = False) -> str:
    """The words of a state: events, now and then a timer, something automatic, something set on entry."""
    events = ", ".join(f"{name}: {draw(_event(places))}" for name in ("go", "on")[: draw(st.integers(1, 2))])
    timer = f", after: {{2h: {draw(_event(places, form=False))}}}" if draw(st.integers(0, 3)) == 0 else ""
    automatic = f", auto: {draw(_event(places, form=False))}" if auto and draw(st.booleans()) else ""
    return f"events: {{{events}}}{timer}{automatic}{draw(_doing())}"


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """
    The rest of a process file below its head: all that is in `PLACES`.

    Events lead to few of them, since of a state with many ways into it little is ever sure.
    """
    places = tuple(draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique=True)))
    opening = f"open: {{ask: [{', '.join(draw(_some(NAMES, 2)))}]}}\n".replace("{ask: []}", "{by: agent}")
    side = "{states: {%s: {%s}, %s: {%s}, %s: {end: done}}}"
    left = side % ("m", draw(_inside(places)), "n", draw(_event_to("l_end")), "l_end")
    right = side % ("p", draw(_event_to("q")), "q", draw(_event_to("r_end")), "r_end")
    return f"""{FIELDS}
{opening}by: agent
states:
  one: {{{draw(_inside(places))}}}
  two: {{{draw(_inside(places, auto=True))}}}
  group:
    states: {{x: {{{draw(_inside(places))}}}, y: {{{draw(_inside(places))}}}}}
    events: {{leave: {draw(_event(places))}}}
  sides:
    parallel: true
    states: {{left: {left}, right: {right}}}
    events: {{done: {draw(_event(("one", "two", "over"), form=False)).replace("max: 1", "max: 9")}, stop: two}}
  held: {{events: {{resume: back, again: group.last, go: one}}{draw(_doing())}}}
  over: {{end: done}}
"""


@st.composite
def _event_to(draw: st.DrawFn, target: str) -> str:
    ask = draw(_some(NAMES, 1))
    form = f", ask: {ask[0]}" if ask else ""
    return f"events: {{move_{target}: {{to: {target}{form}{draw(_doing())}}}}}"
