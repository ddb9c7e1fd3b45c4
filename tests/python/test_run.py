"""One command does the whole job, and says in one sentence why it could not."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import REPO_ROOT, Project, held_elsewhere

from targeted_lists.__main__ import main
from targeted_lists.cli.request import RequestError, read_vars
from targeted_lists.common.locks import explain_lock
from targeted_lists.runs.dbt_plugin import Plugin
from targeted_lists.runs.dbt_runs import find_cause, target_of


def run_command(
    toy: Project, *arguments: str, most_bytes: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `python -m targeted_lists` in the toy project, as the Makefile does.

    `most_bytes` are what the system lets the process write into one file.
    """

    def limit() -> None:
        if most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    return subprocess.run(
        [sys.executable, "-m", "targeted_lists", *arguments],
        cwd=toy.folder,
        env={**os.environ, "PYTHONPATH": str(REPO_ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=limit,
    )


@pytest.fixture
def command(toy, capsys) -> Callable[..., tuple[int, str]]:
    """Return a function that runs a command in the toy project, in this process."""

    def run(*arguments: str) -> tuple[int, str]:
        with contextlib.chdir(toy.folder):
            code = main(list(arguments))
        return code, capsys.readouterr().out

    return run


def test_lists_ends_with_the_lists_and_where_to_look_next(toy, write_lines):
    write_lines(*range(1, 101))
    done = run_command(toy, "lists", "--threads", "1", "--vars", "{as_of_date: 2025-01-31}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "core.dim_things" in done.stdout
    assert "Published 4 tables, 202 rows: published/sample.duckdb" in done.stdout
    cells = [line.strip("│ ").split("│") for line in done.stdout.splitlines() if "│" in line]
    rows = [[cell.strip() for cell in row] for row in cells]
    assert ["list_things", "100", "0", "0", "1,234.50"] in [row[:5] for row in rows]
    assert ["accepted", "99", "99.00%", "5,037.00"] in rows
    assert ['price "…" is not a number', "1", "1.00%", "13.00"] in rows
    assert "targeted-lists docs" in done.stdout.splitlines()[-1]


def test_a_disk_that_takes_no_more_ends_with_a_sentence(toy, write_lines):
    before = toy.published().read_bytes()
    write_lines(*range(200, 400_000))
    size = toy.warehouse().stat().st_size
    done = run_command(toy, "lists", most_bytes=size + 2**20)
    assert done.returncode == 1
    *_, cause, last = done.stdout.splitlines()
    assert "Could not write file" in cause or "File too large" in cause, done.stdout
    assert last == "Stopped; the whole log is logs/dbt.log."
    assert "Traceback" not in done.stdout + done.stderr
    assert toy.published().read_bytes() == before
    write_lines(1, 2, 3)
    assert run_command(toy, "lists").returncode == 0


def test_lists_names_the_test_that_failed(command, write_lines):
    write_lines(1, 101)
    code, output = command("lists")
    assert code == 1
    assert "no_large_thing: Got 1 result" in output
    assert "nodes failed or were skipped" in output


def test_a_misspelt_dataset_leaves_no_database(toy, command):
    code, output = command("lists", "--dataset", "smaple")
    assert code == 1
    assert output.splitlines() == ["There is no folder data/smaple; did you mean sample?"]
    assert not toy.warehouse("smaple").exists()
    assert not toy.published("smaple").exists()


@pytest.mark.parametrize("command", ["lists", "score", "tune", "docs", "check"])
def test_a_dataset_that_is_missing_is_named_before_dbt_is_loaded(toy, command):
    """What takes seconds is the import of dbt; a clock would be a test of the machine."""
    done = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import sys; from targeted_lists.__main__ import main; code = main(sys.argv[1:]); "
            "print('dbt' in sys.modules); sys.exit(code)",
            *(command, "--dataset", "smaple"),
        ],
        cwd=toy.folder,
        env={**os.environ, "PYTHONPATH": str(REPO_ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    said = done.stdout.splitlines()
    assert said[0] == "There is no folder data/smaple; did you mean sample?"
    assert said[-1] == "False"


def test_a_file_that_cannot_be_read_is_named_before_dbt_is_loaded(toy, command):
    columns = ",".join(f"c{number}" for number in range(10_000))
    (toy.folder / "data/sample/order_lines.csv").write_text(columns, encoding="utf-8")
    code, output = command("lists")
    assert code == 1
    assert output.splitlines() == [
        "order_lines.csv has 10,000 columns, and no more than 1,000 are read; leave out those "
        "that the project does not know."
    ]


def test_the_log_that_a_message_names_is_there_and_holds_the_cause(toy, command, write_lines):
    write_lines(1, 101)
    code, output = command("lists")
    assert code == 1
    named = re.search("the whole log is (.+)[.]", output).group(1)
    assert "no_large_thing" in (toy.folder / named).read_text(encoding="utf-8")


def test_a_second_run_says_who_holds_the_database_and_since_when(toy, command):
    with held_elsewhere(toy.warehouse()) as process:
        code, output = command("lists")
    assert code == 1
    said = output.splitlines()[0]
    assert said.startswith("warehouse/sample.duckdb is in use by python3")
    assert f"(process {process}" in said
    assert re.search(r"running since \w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4}\)", said), said
    assert said.endswith("; let it end, then run again.")


def test_a_holder_that_is_gone_is_named_without_a_time():
    message = (
        'IO Error: Could not set lock on file "/a/warehouse/shop.duckdb": Conflicting lock is '
        "held in /usr/bin/duckdb (PID 99999999) by user ann. See also https://duckdb.org"
    )
    assert explain_lock(message) == (
        "warehouse/shop.duckdb is in use by duckdb (process 99999999 of ann); let it end, then "
        "run again."
    )
    assert explain_lock("IO Error: No files found") is None


def test_a_seed_row_that_cannot_be_loaded_stops_the_run_by_name(toy, command):
    (toy.folder / "seeds/factors.csv").write_text("id,factor\n1,10\n2,2,0\n", encoding="utf-8")
    code, output = command("lists")
    assert code == 1
    assert output.splitlines()[0] == (
        "seeds/factors.csv, row 2 (line 3) has 3 fields and the header 2; a text that holds a "
        "comma stands in double quotes."
    )


def test_lists_says_where_a_project_has_no_lists(toy, command):
    (toy.folder / "models/lists/list_catalog.sql").unlink()
    code, output = command("lists")
    assert code == 1
    assert "published/sample.duckdb has no lists to show" in output


def test_docs_are_one_page_and_build_what_is_missing(toy, command):
    toy.warehouse().unlink()
    code, output = command("docs")
    assert code == 0, output
    page = (toy.folder / "published/sample.docs.html").read_text(encoding="utf-8")
    assert "Key of the thing." in page
    assert toy.warehouse().exists()


def test_the_tests_of_the_models_are_run_where_there_are_no_others(toy, command, write_lines):
    code, output = command("test")
    assert code == 0, output
    assert output.splitlines()[-1] == "Every test of the models passed."
    write_lines(1, 101)
    assert command("lists")[0] == 1
    code, output = command("test")
    assert code == 1
    assert "no_large_thing: Got 1 result" in output


def test_a_folder_that_is_not_set_up_is_refused_with_the_way_to_do_so(tmp_path):
    done = run_command(Project(tmp_path), "lists")
    assert done.returncode == 1
    assert done.stdout.startswith("This folder is not set up: there is no data with your data")
    assert "`targeted-lists sample` writes a sample shop here" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_vars_are_yaml_next_to_the_dataset():
    assert read_vars("{as_of_date: '2025-01-31'}", "mine", "/data") == {
        "as_of_date": "2025-01-31",
        "dataset": "mine",
        "data_dir": "/data",
    }
    assert read_vars("", "mine", "data") == {"dataset": "mine", "data_dir": "data"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{as_of_date", "vars are written as"),
        ("[1, 2]", "vars are written as"),
        ("{data_dir: x}", "data_dir is not given in vars here, but as --data-dir"),
    ],
)
def test_vars_that_cannot_be_used_are_refused(text, sentence):
    with pytest.raises(RequestError, match=sentence):
        read_vars(text, "mine", "data")


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        (
            "targeted_lists.on-run-start.0 failed, error:\n Invalid Input Error: No file: a.csv.",
            "No file: a.csv.",
        ),
        ("Database Error\n  Runtime Error\n    There is no folder x.", "There is no folder x."),
        (
            "Runtime Error in model m (models/m.sql)\n  Binder Error: no column a\n  LINE 1: ...",
            "Binder Error: no column a",
        ),
        (
            "Runtime Error in model m (models/m.py)\n  Python model failed:\n"
            "  Traceback (most recent call last):\n    File ...\n  ValueError: k is 1\n"
            "  compiled code at target/run/m.py",
            "ValueError: k is 1",
        ),
        ("Runtime Error", "Runtime Error"),
    ],
)
def test_the_cause_is_found_in_a_message_of_dbt(message, cause):
    assert find_cause(message) == cause


def test_threads_and_memory_of_duckdb_follow_the_environment(tmp_path, monkeypatch):
    (tmp_path / "sample").mkdir()
    plugin = Plugin("p", {"data_dir": str(tmp_path), "dataset": "sample"})
    credentials = SimpleNamespace(path=str(tmp_path / "warehouse" / "sample.duckdb"))
    config: dict[str, str] = {}
    plugin.update_connection_config(credentials, config)
    assert "threads" not in config
    held = int(config["memory_limit"].removesuffix("MiB"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
    assert 0 < held <= min(8 * 1024, memory / 2)
    monkeypatch.setenv("DUCKDB_THREADS", "1")
    monkeypatch.setenv("DUCKDB_MEMORY_LIMIT", "4GB")
    plugin.update_connection_config(credentials, config)
    assert config == {
        "threads": "1",
        "memory_limit": "4GB",
        "temp_directory": f"{credentials.path}.tmp",
    }
    assert (tmp_path / "warehouse").is_dir()


def test_dbt_keeps_what_it_parsed_for_each_set_of_vars():
    asked = {"dataset": "shop", "data_dir": "data"}
    assert target_of(asked) == target_of(dict(reversed(asked.items())))
    assert target_of(asked).name.startswith("shop-")
    others = [{**asked, "dataset": "other"}, {**asked, "reuse_models": False}]
    assert len({target_of(one) for one in [asked, *others]}) == 3


def make_environment(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Let the Makefile make the environment with a shell script as its Python."""
    (folder / "Makefile").write_text((REPO_ROOT / "Makefile").read_text(), encoding="utf-8")
    lock = folder / "requirements.lock"
    if not lock.exists():
        lock.write_text("", encoding="utf-8")
    script = folder / "python"
    script.write_text(f"#!/bin/sh\n{python}\n", encoding="utf-8")
    script.chmod(0o755)
    return subprocess.run(
        ["make", ".venv/runtime.stamp", f"PYTHON={script}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_unfit_python_gets_a_sentence(tmp_path):
    done = make_environment(tmp_path, "exit 1")
    assert done.returncode != 0
    assert "Python 3.11, 3.12 or 3.13 with its venv module is needed" in done.stdout
    assert not (tmp_path / ".venv").exists()


# Stands for a Python that is fit, makes .venv, and whose pip ends as `{0}` says.
FAKE_PYTHON = """
if [ "$1" = -m ]; then
    mkdir -p .venv/bin
    printf '#!/bin/sh\\necho install >> installs\\nexit {0}\\n' > .venv/bin/python
    chmod +x .venv/bin/python
fi
"""


def test_an_interrupted_install_is_not_taken_for_an_environment(tmp_path):
    assert make_environment(tmp_path, FAKE_PYTHON.format(1)).returncode != 0
    assert not (tmp_path / ".venv/runtime.stamp").exists()


def test_an_environment_is_made_once_for_each_state_of_the_lock(tmp_path):
    def installs() -> int:
        assert make_environment(tmp_path, FAKE_PYTHON.format(0)).returncode == 0
        return len((tmp_path / "installs").read_text().splitlines())

    assert installs() == 1
    assert installs() == 1
    newer = (tmp_path / ".venv/runtime.stamp").stat().st_mtime + 10
    os.utime(tmp_path / "requirements.lock", (newer, newer))
    assert installs() == 2
