"""The command line: help, exit codes, answers for machines, and the folder it runs in."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from conftest import REPO_ROOT, Project

from targeted_lists.cli import conclude, options, place
from targeted_lists.cli.app import app, main
from targeted_lists.common import project
from targeted_lists.common.outcome import Outcome, UserError

VERBS = typer.main.get_command(app).commands
SLOW = ("dbt", "sklearn", "pandas", "scipy", "altair", "jinja2")
EXAMPLE = re.compile(r"^targeted-lists (.+)$", re.MULTILINE)


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a folder, as its own process."""
    return subprocess.run(
        [sys.executable, "-m", "targeted_lists", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPO_ROOT), "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_each_example_of_the_help_is_understood(verb, capsys):
    examples = EXAMPLE.findall(VERBS[verb].epilog)
    assert examples
    for example in examples:
        assert example.split()[0] == verb
        # Options are read before the help is shown, and an unknown one is refused.
        assert main([*shlex.split(example), "--help"]) == 0, example
    assert main([verb, "--no-such-option", "--help"]) == 2
    assert main([verb, "--help"]) == 0
    helped = capsys.readouterr().out
    assert "--json" in helped
    assert "--debug" in helped


def test_the_help_names_every_verb(capsys):
    assert main(["--help"]) == 0
    helped = capsys.readouterr().out
    assert [verb for verb in VERBS if f" {verb} " not in helped] == []


def test_a_misspelt_command_or_option_is_answered_with_the_nearest(capsys):
    assert main(["memebrs"]) == 2
    assert "Did you mean 'members'?" in capsys.readouterr().err
    assert main(["lists", "--datset", "shop"]) == 2
    assert "--dataset" in capsys.readouterr().err


def test_the_version_is_that_of_pyproject(capsys):
    text = (REPO_ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r'^version = "(.+)"$', text, re.MULTILINE)
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"targeted-lists {version}\n"
    assert project.read_yaml(REPO_ROOT / "dbt_project.yml")["version"] == version
    changelog = (REPO_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(version)}\b", changelog, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "slow"),
    [
        (["--help"], {*SLOW, "duckdb", "yaml"}),
        (["preview", "--list", "win_back"], {*SLOW}),
        (["members", "--list", "win_back"], {*SLOW}),
    ],
    ids=["help", "preview", "members"],
)
def test_a_quick_command_imports_nothing_slow(arguments, slow, tmp_path):
    """A clock would be a test of the machine: what takes the time is what is imported."""
    (tmp_path / "published").mkdir()
    code = (
        "import sys; from targeted_lists.__main__ import main; main(sys.argv[1:]); "
        "print(*sys.modules, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPO_ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = done.stdout.splitlines()
    assert "typer" in loaded
    assert set(loaded) & slow == set()


ENDS = {
    "done": (lambda: Outcome({"rows": 3}), 0, {"rows": 3}),
    "not done": (lambda: Outcome({"faults": ["x"]}, is_done=False), 1, {"faults": ["x"]}),
    "a sentence": (UserError("No such list."), 1, {"error": "No such list."}),
    "a fault": (ZeroDivisionError("by zero"), 3, {"error": "ZeroDivisionError: by zero"}),
    "interrupted": (KeyboardInterrupt(), 130, {"error": "interrupted"}),
}


@pytest.mark.parametrize(("end", "code", "found"), ENDS.values(), ids=ENDS)
def test_each_end_has_its_exit_code_and_its_answer(end, code, found, capsys):
    def work() -> Outcome:
        print("said for people")
        if isinstance(end, BaseException):
            raise end
        return end()

    with pytest.raises(typer.Exit) as ended:
        conclude.conclude(work, as_json=True, is_debug=False)
    assert ended.value.exit_code == code
    told = capsys.readouterr()
    assert json.loads(told.out) == {"is_done": code == 0, "exit_code": code, **found}
    assert "said for people" in told.err
    assert "Traceback" not in told.err
    documented = re.findall(r"^\| (\d+) \|", conclude.__doc__, re.MULTILINE)
    assert str(code) in documented


def test_a_fault_shows_where_it_is_when_asked():
    def work() -> Outcome:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        conclude.conclude(work, as_json=False, is_debug=True)


def test_a_reader_that_has_seen_enough_is_no_fault(tmp_path):
    script = (
        "from targeted_lists.cli.conclude import conclude\n"
        "from targeted_lists.common.outcome import Outcome\n"
        "def work():\n"
        "    for _ in range(100_000): print('C00001')\n"
        "    return Outcome()\n"
        "import typer\n"
        "app = typer.Typer(); app.command()(lambda: conclude(work, as_json=False, "
        "is_debug=False)); app()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(REPO_ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"C00001\n"
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert process.stderr.read() == b""


PRINTERS = {
    "plain": "for one in range(100_000): print('C00001')",
    "sentences": "for one in range(3_000): say(Console(), 'C00001')",
    "a table": "Console().print('C00001\\n' * 100_000)",
    "an object": "found['rows'] = ['C00001'] * 100_000",
}


@pytest.mark.parametrize("is_done", [True, False])
@pytest.mark.parametrize("printer", PRINTERS.values(), ids=PRINTERS)
def test_a_closed_pipe_ends_quietly(printer, is_done, tmp_path):
    """What is printed by Rich stops no work: its end is that of the work."""
    as_json = "found" in printer
    script = (
        "from rich.console import Console\n"
        "from targeted_lists.cli.conclude import conclude\n"
        "from targeted_lists.common.console import say\n"
        "from targeted_lists.common.outcome import Outcome\n"
        "def work():\n"
        "    found = {}\n"
        f"    {printer}\n"
        "    open('done', 'w').close()\n"
        f"    return Outcome(found, is_done={is_done})\n"
        "import typer\n"
        f"app = typer.Typer(); app.command()(lambda: conclude(work, as_json={as_json}, "
        "is_debug=False)); app()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPO_ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.readline()
    process.stdout.close()
    code = process.wait(timeout=60)
    assert process.stderr.read() == b""
    if "print(" in printer and "Console" not in printer:
        assert code == 0
    else:
        assert (tmp_path / "done").exists()
        assert code == (0 if is_done else 1)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["lists", "--help"], ["check", "--dataset", "shop"], ["init", "--json"]],
    ids=" ".join,
)
def test_nobody_need_read_what_a_command_prints(arguments, tmp_path):
    """The pipe is closed before anything is written, so that also a short answer meets it."""
    (tmp_path / "data/shop").mkdir(parents=True)
    lines = (
        "order_id,customer_id,ordered_at,product_id,quantity,unit_price\n1,C1,2025-01-31,P,1,2\n"
    )
    (tmp_path / "data/shop/order_lines.csv").write_text(lines, encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen(
        [sys.executable, "-m", "targeted_lists", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPO_ROOT)},
        stdout=writer,
        stderr=subprocess.PIPE,
    )
    os.close(writer)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    assert b"Traceback" not in told
    assert b"BrokenPipe" not in told


REFUSED = {
    "an unknown option": (["lists", "--datset", "shop"], "No such option: --datset"),
    "an unknown command": (["memebrs"], "No such command 'memebrs'"),
    "an option that is missing": (["preview"], "Missing option '--list'"),
    "a value of another type": (["sample", "--seed", "x"], "Invalid value for '--seed'"),
    "a value that is none of some": (["export", "--list", "a", "--to", "x"], "Invalid value for"),
    "opposites": (["lists", "--full", "--reuse"], "--full and --reuse are opposites"),
    "a name without files": (["init", "shop"], "name the files of shop"),
}


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_command_line_that_is_not_understood_is_answered_alike(arguments, sentence, capsys):
    assert main(arguments) == 2
    plain = capsys.readouterr()
    assert plain.out == ""
    assert main([*arguments, "--json"]) == 2
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert found.keys() == {"is_done", "exit_code", "error"}
    assert (found["is_done"], found["exit_code"]) == (False, 2)
    assert sentence in found["error"]
    # People read the same.
    assert told.err.splitlines()[0] == plain.err.splitlines()[0]


def test_help_and_version_are_texts_whatever_is_asked_for(capsys):
    assert main(["lists", "--json", "--help"]) == 0
    assert "--threads" in capsys.readouterr().out


def test_what_is_found_is_one_object_and_the_rest_goes_elsewhere(tmp_path):
    (tmp_path / "data/shop").mkdir(parents=True)
    lines = (
        "order_id,customer_id,ordered_at,product_id,quantity,unit_price\n1,C1,2025-01-31,P,1,2\n"
    )
    (tmp_path / "data/shop/order_lines.csv").write_text(lines, encoding="utf-8")
    done = run(tmp_path, "check", "--dataset", "shop", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found["is_done"]
    assert [one["rows"] for one in found["inputs"] if one["name"] == "order_lines"] == [1]
    assert found["next"] == "targeted-lists lists --dataset shop"
    assert "What was found" in done.stderr
    refused = run(tmp_path, "check", "--dataset", "shpo", "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["faults"] == [
        "There is no folder data/shpo; did you mean shop?"
    ]


def test_vars_that_are_none_are_a_fault_of_the_command_line(tmp_path):
    (tmp_path / "data").mkdir()
    done = run(tmp_path, "check", "--vars", "{language")
    assert done.returncode == 2
    assert "vars are written as" in done.stdout


# The folder.


def test_a_folder_is_set_up_for_data_and_for_models_of_its_own(tmp_path):
    done = run(tmp_path, "init", "--project", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)["made"]
    assert set(made) == {*place.PROJECT_PARTS, "data"}
    for name in place.PROJECT_PARTS:
        own, packaged = tmp_path / name, REPO_ROOT / name
        ours = [own] if own.is_file() else sorted(own.rglob("*"))
        names = {path.relative_to(tmp_path).as_posix() for path in ours}
        theirs = [packaged] if packaged.is_file() else packaged.rglob("*")
        assert names == {
            path.relative_to(REPO_ROOT).as_posix()
            for path in theirs
            if "__pycache__" not in path.parts
        }
    again = run(tmp_path, "init", "--project")
    assert again.returncode == 1
    assert again.stdout.startswith("dbt_project.yml is there already")


def test_a_dataset_is_set_up_by_a_name_and_files(tmp_path):
    assert run(tmp_path, "init", "shop").returncode == 2
    nameless = run(tmp_path, "init", "", "orders.csv")
    assert nameless.returncode == 2
    assert "a dataset needs a name" in nameless.stderr
    gone = run(tmp_path, "init", "shop", "orders.csv")
    assert gone.returncode == 1
    assert gone.stdout == "orders.csv is not there; see how its name is written.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_list_of_ones_own_needs_a_project_of_ones_own(tmp_path):
    done = run(tmp_path, "list", "--list", "mine", "--purpose", "Try")
    assert done.returncode == 1
    assert "`targeted-lists init --project` copies one into this folder" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_sample_is_written_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "targeted_lists.sample.write_sample",
        lambda folder, *, seed, duplicates, refills: (
            folder.mkdir(parents=True),
            (folder / "order_lines.csv").write_text(f"{seed} {duplicates} {refills}"),
            type("Sample", (), {"inputs": {"order_lines": [1, 2]}}),
        )[-1],
    )
    assert main(["sample"]) == 0
    assert "the lists of it: targeted-lists lists\n" in capsys.readouterr().out
    assert (tmp_path / "data/sample/order_lines.csv").read_text() == "42 0.0 0.0"
    assert main(["sample"]) == 1
    assert "data/sample is there already" in capsys.readouterr().out
    assert main(["sample", "--out", "data/other", "--seed", "7"]) == 0
    assert "targeted-lists lists --dataset other" in capsys.readouterr().out


@pytest.fixture
def own(tmp_path: Path) -> Project:
    """A folder with a dbt project of its own, as far as the program looks at it."""
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copyfile(REPO_ROOT / name, tmp_path / name)
    return Project(tmp_path)


def test_a_project_of_another_version_is_refused_with_the_ways_out(own):
    path = own.folder / "dbt_project.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub('version: ".+"', 'version: "0.0.9"', text, count=1), encoding="utf-8")
    done = run(own.folder, "lists")
    assert done.returncode == 1
    assert done.stdout.startswith("The dbt project in this folder is of version 0.0.9, and the")
    assert "install targeted-lists 0.0.9" in done.stdout
    assert not (own.folder / "warehouse").exists()


def test_somebody_elses_project_is_refused(own):
    (own.folder / "dbt_project.yml").write_text("name: jaffle_shop\nversion: '1.0'\n")
    done = run(own.folder, "lists")
    assert done.returncode == 1
    assert "The dbt project in this folder is jaffle_shop, not targeted_lists" in done.stdout


@pytest.mark.parametrize("verb", ["lists", "dashboard", "score", "tune", "docs"])
def test_a_folder_that_cannot_be_written_is_named(verb, tmp_path, monkeypatch, capsys):
    """The system lets root write everywhere, so what it says is put in its mouth."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(place.os, "access", lambda folder, mode: Path(folder) != Path())
    assert main([verb]) == 1
    told = capsys.readouterr().out
    assert f"Nothing can be written in {tmp_path}" in told
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_what_only_reads_needs_no_folder_to_write_in(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "published").mkdir()
    monkeypatch.setattr(place.os, "access", lambda folder, mode: False)
    assert main(["preview", "--list", "win_back"]) == 1
    assert "published/sample.duckdb is not there" in capsys.readouterr().out


def test_every_tool_can_be_named_that_a_list_is_written_for():
    from targeted_lists.activation.export_file import TARGETS

    assert {tool.value for tool in options.Tool} == set(TARGETS)


def test_every_setting_of_a_list_is_an_option():
    from targeted_lists.authoring.new_list import DEFAULTS

    options = {option.name for option in VERBS["list"].params}
    further = {"list_name", "dataset", "data_dir", "as_json", "debug", "help"}
    assert set(DEFAULTS) == options - further
