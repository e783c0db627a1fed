"""Modules of an application that a command line names, found from the current folder as Python would find them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

from svcflow.cli.failures import WrongUse


def module_of(name: str, place: str = "") -> ModuleType:
    """
    Import a module; `place` stands before what is told when that fails.

    Raises:
        WrongUse: Whatever the module itself raised: an application's own code runs here, and that is its problem.
    """
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except Exception as problem:
        missing = isinstance(problem, ModuleNotFoundError) and problem.name == name.partition(".")[0]
        hint = "it is looked for in the current folder, then where Python looks" if missing else ""
        raise WrongUse(f"{place}{name} cannot be imported: {type(problem).__name__}: {problem}", hint) from problem
