"""The wheel: installed in an environment of its own, it does the job in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import REPO_ROOT, Build, query

# With a blank and a letter that is not of ASCII, as on many a desk.
FOLDER = "Мои списки été"
INHERITED = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")

Run = Callable[..., str]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this repository."""
    out = tmp_path_factory.mktemp("wheel")
    call(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
            *("--no-build-isolation", "--wheel-dir", str(out), str(REPO_ROOT)),
        ]
    )
    (built,) = out.glob("*.whl")
    return built


def call(command: list[str], **options: object) -> str:
    """Run a command that must succeed, and return what it printed."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=900, **options
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_wheel_holds_the_project_and_nothing_of_the_shop(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    carried = {
        f"targeted_lists/project/{path.relative_to(REPO_ROOT).as_posix()}"
        for part in ("models", "macros", "seeds", "tests/generic", "tests/singular")
        for path in (REPO_ROOT / part).rglob("*")
        if path.suffix in {".sql", ".yml", ".csv", ".md", ".py"}
        and "__pycache__" not in path.parts
    }
    assert len(carried) > 500
    assert carried - names == set()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"targeted_lists", "python_ml", next(one for one in tops if "dist-info" in one)}
    assert not [name for name in names if name.endswith((".duckdb", ".parquet", ".lock"))]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own with the wheel in it, whose Python it returns."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    # The lock has all that is needed, which `check` compares with what the wheel asks for.
    locked = ["--no-deps", "--requirement", str(REPO_ROOT / "requirements.lock")]
    call([*pip, "install", "--quiet", "--no-compile", *locked, str(wheel)])
    call([*pip, "check"])
    return python


@pytest.fixture(scope="module")
def run(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a function that runs the installed command with an empty home in an empty folder."""
    folder = tmp_path_factory.mktemp("desk") / FOLDER
    home = tmp_path_factory.mktemp("home")
    folder.mkdir()
    own = {name: value for name, value in os.environ.items() if name not in INHERITED}
    program = installed.with_name("targeted-lists")

    def run(*arguments: str) -> str:
        return call([str(program), *arguments], cwd=folder, env={**own, "HOME": str(home)})

    run.folder, run.home = folder, home
    return run


def files_of(folder: Path) -> dict[str, int]:
    """Return the size of each file below a folder but those that Python compiles."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_installed_command_does_the_whole_job(
    run: Run, installed: Path, sample_build: Build
) -> None:
    (package,) = installed.parents[1].glob("[Ll]ib/**/site-packages/targeted_lists")
    before = files_of(package)
    assert "Wrote data/sample" in run("sample")
    assert "published/sample.duckdb" in run("lists")
    catalog = "select * from lists.list_catalog order by list_name"
    assert query(run.folder / "published/sample.duckdb", catalog) == sample_build.query(catalog)
    assert files_of(package) == before
    assert list(run.home.iterdir()) == []
    made = {path.name for path in run.folder.iterdir()}
    assert made == {"data", "logs", "published", "state", "target", "warehouse"}


def test_what_was_published_can_be_looked_at_and_handed_over(run: Run) -> None:
    assert "C0" in run("members", "--list", "win_back")
    assert "win_back under other caps" in run("preview", "--list", "win_back")
    assert "Open published/sample.html" in run("dashboard")
    assert "customers of win_back for csv" in run("export", "--list", "win_back", "--to", "csv")
    assert "Ready: targeted-lists lists" in run("check")
