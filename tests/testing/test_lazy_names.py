import subprocess
import sys

import pytest

import svcflow.testing


def test_importing_the_kit_imports_neither_hypothesis_nor_pytest() -> None:
    code = "import sys; import svcflow.testing; print({'hypothesis', 'pytest'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("name", sorted(svcflow.testing._LATER))
def test_every_later_name_is_found(name: str) -> None:
    found: object = getattr(svcflow.testing, name)
    assert getattr(found, "__module__", "").startswith("svcflow.testing")


def test_no_other_name_is_found() -> None:
    with pytest.raises(AttributeError, match="no attribute 'anything'"):
        svcflow.testing.anything  # noqa: B018 - asking is the point
