"""The rooms of `targeted_lists`: imports run one way, and private names stay in their module."""

from __future__ import annotations

import ast
import functools
import re
import subprocess

import pytest
from conftest import REPO_ROOT

# From left to right. An import never runs right, nor within a column.
ROOMS = (
    ("common", "sample"),
    ("saved", "inputs"),
    ("learning", "check", "setup", "activation", "dashboard", "explore"),
    ("runs",),
    ("authoring",),
    ("cli",),
)
COLUMN = {room: column for column, rooms in enumerate(ROOMS) for room in rooms}
PACKAGES = ("targeted_lists", "python_ml")
PATH = re.compile(rf"\b(?:{'|'.join(PACKAGES)})/[\w/]+\.py\b")
# What things were called.
FORMER_NAMES = ("CHANGELOG.md", "benchmarks/renamed.csv")


def list_files(*patterns: str) -> list[str]:
    """Return the project's files that match a pattern, as git names them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=REPO_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.splitlines() if (REPO_ROOT / name).is_file()]


@functools.cache
def parse(source: str) -> ast.Module:
    """Return the syntax tree of a source."""
    return ast.parse(source)


def find_imports(source: str) -> list[tuple[str, str]]:
    """Return the module and the name of each import from the project, wherever it stands.

    A module that is imported whole has no name.
    """
    found = []
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.ImportFrom):
            # Relative imports are refused by their own test.
            found += [(node.module or "", one.name) for one in node.names]
        elif isinstance(node, ast.Import):
            found += [(one.name, "") for one in node.names]
    return [(module, name) for module, name in found if module.split(".")[0] in PACKAGES]


def find_private(source: str) -> list[str]:
    """Return the private names of the project's other modules that a source asks for."""
    imports = find_imports(source)
    names = {name for _, name in imports}
    taken = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in names
        and is_private(node.attr)
    }
    return sorted(taken | {name for name in names if is_private(name)})


def is_private(name: str) -> bool:
    """Whether a name belongs to its module alone."""
    return name.startswith("_") and not name.startswith("__")


def room_of(module: str, name: str = "") -> str:
    """Return the room that an import opens; that of a top-level module is its own name."""
    return f"{module}.{name}".split(".")[1]


def sources(*patterns: str) -> dict[str, str]:
    """Return the Python sources that match a pattern, by file."""
    return {name: (REPO_ROOT / name).read_text("utf-8") for name in list_files(*patterns)}


def test_each_room_has_a_place_and_a_docstring() -> None:
    rooms = {
        name.split("/")[1]: ast.get_docstring(parse(source))
        for name, source in sources("targeted_lists/*/__init__.py").items()
        if name.count("/") == 2
    }
    assert sorted(rooms) == sorted(COLUMN)
    assert [room for room, docstring in rooms.items() if not docstring] == []


def test_only_the_commands_lie_outside_the_rooms() -> None:
    outside = [name for name in list_files("targeted_lists/*.py") if name.count("/") == 1]
    assert outside == ["targeted_lists/__init__.py", "targeted_lists/__main__.py"]


def test_imports_run_one_way() -> None:
    looked_at, wrong = 0, []
    for file, source in sources("targeted_lists/*/*.py").items():
        room = file.split("/")[1]
        for module, name in find_imports(source):
            if module.split(".")[0] != "targeted_lists":
                continue
            looked_at += 1
            other = room_of(module, name)
            if other != room and not COLUMN.get(other, len(ROOMS)) < COLUMN[room]:
                wrong.append(f"{file}: {module} {name}")
    assert wrong == []
    assert looked_at > 200


def test_functions_know_nothing_of_files() -> None:
    found = {
        file: module
        for file, source in sources("python_ml/*.py").items()
        for module, _ in find_imports(source)
        if module.split(".")[0] == "targeted_lists"
    }
    assert found == {}


def test_private_names_stay_in_their_module() -> None:
    found = {file: find_private(source) for file, source in sources("*.py").items()}
    assert {file: names for file, names in found.items() if names} == {}


def test_imports_are_absolute() -> None:
    relative = [
        file
        for file, source in sources("*.py").items()
        for node in ast.walk(parse(source))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


@pytest.mark.parametrize(
    ("source", "imports", "private"),
    [
        ("from targeted_lists.runs import jobs", [("targeted_lists.runs", "jobs")], []),
        (
            "def late():\n    from targeted_lists.runs.jobs import make_lists, _hidden",
            [("targeted_lists.runs.jobs", "make_lists"), ("targeted_lists.runs.jobs", "_hidden")],
            ["_hidden"],
        ),
        ("import targeted_lists.runs.jobs", [("targeted_lists.runs.jobs", "")], []),
        (
            "from targeted_lists.runs import jobs\njobs._hidden()\njobs.__doc__",
            [("targeted_lists.runs", "jobs")],
            ["jobs._hidden"],
        ),
        ("from os import _exit\nimport json\njson._hidden", [], []),
    ],
)
def test_imports_are_found(
    source: str, imports: list[tuple[str, str]], private: list[str]
) -> None:
    assert find_imports(source) == imports
    assert find_private(source) == private


def test_each_module_that_is_named_is_there() -> None:
    """Also those whose text decides whether tables are made again (`CODE_FILES`)."""
    named = {}
    for file in list_files():
        if file in FORMER_NAMES or file.startswith(("data/", "tests/data/")):
            continue
        content = (REPO_ROOT / file).read_bytes()
        if b"\0" not in content:
            named |= dict.fromkeys(PATH.findall(content.decode("utf-8")), file)
    assert {path: file for path, file in named.items() if not (REPO_ROOT / path).is_file()} == {}
    assert "targeted_lists/inputs/readable.py" in named
