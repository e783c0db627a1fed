import pytest

from svcflow.core.spelling import LONGEST, nearest


@pytest.mark.parametrize(
    ("word", "names", "expected"),
    [
        ("agnet", ["manager", "agent"], "agent"),
        ("agen", ["agent"], "agent"),
        ("agentt", ["agent"], "agent"),
        ("Agent", ["agent"], "agent"),
        ("staisfactoin", ["satisfaction"], "satisfaction"),
        ("P5", ["P1", "P2"], "P1"),
        ("a", ["b"], None),
        ("zebra", ["agent"], None),
        ("agent", [], None),
        ("待受里", ["待受理", "待回访"], "待受理"),
    ],
)
def test_the_closest_name_is_the_one_meant(word: str, names: list[str], expected: str | None) -> None:
    assert nearest(word, names) == expected


def test_of_equally_close_names_the_first_wins() -> None:
    assert nearest("cat", ["bat", "hat"]) == "bat"


def test_a_closer_name_wins_over_an_earlier_one() -> None:
    assert nearest("dispatch_visit", ["dispatch_fist", "dispatch_visti"]) == "dispatch_visti"


def test_names_nobody_types_by_hand_are_not_compared() -> None:
    assert nearest("x" * LONGEST + "yz", ["x" * LONGEST + "y"]) is None
