"""
What a machine can say of a test that shows something: it asserts, it runs the library, and it does not look at names.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

from attrs import frozen

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

TESTS = Path(__file__).parent
_LIBRARY = "svcflow"
# Its checks of stores and definitions fail by themselves.
_CHECKS = f"{_LIBRARY}.testing"
# What is there by name need not work.
_NAMED = (ast.Name, ast.Attribute)
_NAMES = {"hasattr", "dir", "vars", "__all__", "__doc__"}


@frozen(eq=False)
class Module:
    """A file of tests: what it defines, and from where it has what it imports."""

    folder: Path
    definitions: Mapping[str, Definition]
    imported: Mapping[str, str]

    @classmethod
    def of(cls, path: Path, tree: ast.Module) -> "Module":
        """What stands in a file."""
        definitions = {one.name: one for one in tree.body if isinstance(one, Definition)}
        imported: dict[str, str] = {}
        for one in ast.walk(tree):
            if isinstance(one, ast.Import):
                imported |= {(name.asname or name.name).partition(".")[0]: name.name for name in one.names}
            elif isinstance(one, ast.ImportFrom):
                imported |= {name.asname or name.name: f"{one.module}.{name.name}" for name in one.names}
        return cls(path.parent, definitions, imported)

    def found(self, name: str) -> tuple["Module", Definition] | str | None:
        """What a name stands for: a definition with its file, a part of something imported, or nothing known."""
        if name in self.definitions:
            return self, self.definitions[name]
        if name in self.imported:
            return _imported(self.imported[name])
        for folder in (self.folder, *self.folder.parents):  # A fixture.
            module = _module(folder / "conftest.py")
            if module is not None and name in module.definitions:
                return module, module.definitions[name]
            if folder == TESTS:
                break
        return None


def _imported(name: str) -> tuple[Module, Definition] | str | None:
    if name.partition(".")[0] == _LIBRARY:
        return name
    module, _, thing = name.rpartition(".")
    path = TESTS / f"{module.replace('.', '/')}.py"
    found = _module(path)
    return found.found(thing) if found is not None else None


@cache
def _module(path: Path) -> Module | None:
    return Module.of(path, ast.parse(path.read_text(encoding="utf-8"))) if path.is_file() else None


def why_not(module: Module, test: Definition) -> str:
    """
    Why a test can show nothing, or an empty text.
    """
    named = [
        one.attr if isinstance(one, ast.Attribute) else one.id for one in ast.walk(test) if isinstance(one, _NAMED)
    ]
    if looked := sorted(_NAMES.intersection(named)):
        return f"`{test.name}` looks at names ({', '.join(looked)})"
    parts = list(_parts(module, test, set()))
    if not any(_asserts(where, part) for where, part in parts):
        return f"`{test.name}` asserts nothing"
    if not any(_runs(where, part) for where, part in parts):
        return f"`{test.name}` runs nothing of {_LIBRARY}"
    return ""


def _parts(module: Module, of: Definition, seen: set[Definition]) -> Iterator[tuple[Module, ast.AST]]:
    """Everything in a definition and in what it calls or asks for, with the file where it stands."""
    seen.add(of)
    wanted = [one.arg for one in ast.walk(of) if isinstance(one, ast.arg)]
    for part in ast.walk(of):
        yield module, part
        if isinstance(part, ast.Call):
            wanted += [root] if (root := _root(part)) else []
    for name in wanted:
        found = module.found(name)
        if isinstance(found, tuple) and found[1] not in seen:
            yield from _parts(*found, seen)


def _root(call: ast.Call) -> str:
    """The name that a call begins with."""
    part: ast.AST = call.func
    while isinstance(part, ast.Attribute):
        part = part.value
    return part.id if isinstance(part, ast.Name) else ""


def _asserts(module: Module, part: ast.AST) -> bool:
    if not isinstance(part, ast.Call):
        return isinstance(part, ast.Assert)
    found = module.found(_root(part))
    return ast.unparse(part.func) == "pytest.raises" or (isinstance(found, str) and found.startswith(_CHECKS))


def _runs(module: Module, part: ast.AST) -> bool:
    """Whether it calls the library, or a program."""
    if not isinstance(part, ast.Call):
        return False
    return _root(part) == "subprocess" or isinstance(module.found(_root(part)), str)
