"""
The screens in the documentation are those of today.
"""

import xml.etree.ElementTree as ET

import pytest

from screens import PICTURES, SCREENS, picture


@pytest.mark.parametrize("name", SCREENS)
def test_the_screens_in_the_documentation_are_those_shown_now(name: str) -> None:
    kept = (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    assert kept == picture(name), "draw them again with `python -m screens`"


@pytest.mark.parametrize("name", SCREENS)
def test_every_letter_of_a_screen_has_its_column(name: str) -> None:
    texts = list(ET.fromstring(picture(name)).iter("{http://www.w3.org/2000/svg}text"))  # Our own.
    assert len(texts) > 20
    assert all(len(str(one.text)) == len(one.attrib["x"].split()) for one in texts)
