"""Readers meet whole, tested marts or the former ones, whatever happens to a run."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import REPO_ROOT, Project, content_of, query

from targeted_lists.common.project import read_yaml
from targeted_lists.runs import publication
from targeted_lists.runs.dbt_runs import invoke_dbt
from targeted_lists.runs.publication import code_version

TIME = "main.publication"  # holds the time of publication
THINGS = "select id from core.dim_things order by id"


def things(toy: Project) -> list[int]:
    """Return the keys that a reader finds."""
    return [key for (key,) in query(toy.published(), THINGS)]


def test_a_whole_build_publishes_the_sql_models_of_marts_and_lists_only(toy):
    tables = query(
        toy.published(),
        "select schema_name || '.' || table_name from duckdb_tables() order by all",
    )
    assert [name for (name,) in tables] == [
        "core.dim_things",
        "core.order_line_ledger",
        "lists.list_catalog",
        "main.publication",
        "main.publication_tables",
        "segmentation.score_counts",
    ]
    assert query(toy.published(), "select count(*) from duckdb_views() where not internal") == [
        (0,)
    ]


def test_the_publication_says_what_it_holds(toy):
    rows = query(
        toy.published(),
        "select dataset, as_of_date::varchar, project_version, duckdb_version, table_count, "
        "row_count, published_at > timestamp '2025-01-01', currency, time_zone, tax_basis, "
        "small_cell from publication",
    )
    version = f"v{duckdb.__version__}"
    project = read_yaml(REPO_ROOT / "dbt_project.yml")["version"]
    assert rows == [
        (
            *("sample", "2025-01-31", project, version, 4, 6, True),
            None,
            "Europe/Berlin",
            "as written",
            5,
        )
    ]
    assert query(toy.published(), "from publication_tables order by all") == [
        ("core", "dim_things", 2),
        ("core", "order_line_ledger", 2),
        ("lists", "list_catalog", 1),
        ("segmentation", "score_counts", 1),
    ]


def test_comments_and_types_are_kept(toy):
    assert query(
        toy.published(), "select comment from duckdb_tables() where table_name = 'dim_things'"
    ) == [("A thing's name. One row per thing.",)]
    assert query(
        toy.published(),
        "select comment from duckdb_columns() "
        "where table_name = 'dim_things' and column_name = 'id'",
    ) == [("Key of the thing.",)]
    assert query(
        toy.published(),
        "select data_type from duckdb_columns() "
        "where table_name = 'order_line_ledger' order by column_index",
    ) == [("ENUM('accepted', 'rejected')",), ("VARCHAR",), ("DECIMAL(18,4)",)]


def test_readers_of_duckdb_1_4_can_open_the_file(toy):
    with duckdb.connect(str(toy.published()), read_only=True) as connection:
        tags = connection.execute(
            "select tags from duckdb_databases() where database_name = 'sample'"
        ).fetchone()
    assert tags[0]["storage_version"].startswith("v1.4.0")


def test_seed_run_test_end_as_build_does(toy, write_lines):
    write_lines(1, 2, 3)
    assert toy.dbt("build").success
    built = content_of(toy.published(), leave_out=[TIME])
    shutil.rmtree(toy.folder / "warehouse")
    shutil.rmtree(toy.folder / "published")
    for command in ("seed", "run"):
        outcome = toy.dbt(command)
        assert outcome.success
        assert outcome.messages[0].startswith("Not published yet")
        assert not toy.published().exists()
    assert toy.dbt("test").messages[0].startswith("Published 4 tables")
    assert content_of(toy.published(), leave_out=[TIME]) == built


def test_a_day_among_the_vars_needs_no_quotes(toy):
    toy.published().unlink()
    with contextlib.chdir(toy.folder):
        result = invoke_dbt(
            [
                *("--log-level", "none", "build"),
                *("--project-dir", ".", "--profiles-dir", "."),
                *("--vars", "{dataset: sample, as_of_date: 2025-01-31}"),
            ]
        )
    assert result.success
    assert toy.published().exists()


def test_unit_tests_look_at_code_and_may_be_left_out(toy, write_lines):
    write_lines(1, 2, 3)
    outcome = toy.dbt("build", "--exclude-resource-type", "unit_test")
    assert outcome.messages[0].startswith("Published 4 tables")
    assert "a_thing_without_factor_stays" not in outcome.statuses
    assert things(toy) == [1, 2, 3]
    assert "a_thing_without_factor_stays" in toy.dbt("build").statuses


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["build", "--select", "dim_things"], "--select, covered 5 of 12 nodes"),
        (["build", "--exclude", "scores"], "--exclude, covered 11 of 12 nodes"),
        (
            ["build", "--exclude-resource-type", "unit_test", "test"],
            "--exclude-resource-types, covered 8 of 12 nodes",
        ),
        (
            ["build", "--exclude-resource-type", "test"],
            "--exclude-resource-types, covered 8 of 12 nodes",
        ),
        (["build", "--empty"], "--empty, covered"),
        (["test", "--select", "no_large_thing"], "--select, covered 1 of 4 nodes"),
    ],
)
def test_a_run_of_a_part_publishes_nothing_and_says_so(toy, write_lines, arguments, reason):
    before = toy.published().read_bytes()
    write_lines(1, 2, 3)
    outcome = toy.dbt(*arguments)
    assert outcome.success, outcome.failures
    assert outcome.messages[0].startswith("Not published: this run, limited by ")
    assert reason in outcome.messages[0]
    assert toy.published().read_bytes() == before


@pytest.mark.parametrize(
    "commands",
    [
        [["run", "--select", "dim_things"]],
        [["build", "--select", "dim_things"]],
        [["run", "--empty"]],
        [["run"], ["seed", "--select", "factors"]],
    ],
    ids=lambda commands: " then ".join(" ".join(command) for command in commands),
)
def test_tests_do_not_publish_half_a_build(toy, write_lines, commands):
    write_lines(1, 2, 3)
    for command in commands:
        assert toy.dbt(*command).success
    outcome = toy.dbt("test")
    assert outcome.success
    assert outcome.messages[0].startswith("Not published: seeds and models were not built whole")
    assert things(toy) == [1, 2]


def test_tests_do_not_publish_what_was_built_from_other_files(toy, write_lines):
    write_lines(1, 2, 3)
    assert toy.dbt("run").success
    (toy.folder / "seeds/factors.csv").write_text("id,factor\n1,11\n", encoding="utf-8")
    assert toy.dbt("test").messages[0].startswith("Not published: seeds and models")
    assert things(toy) == [1, 2]


def test_tests_do_not_publish_what_was_built_with_other_rows_of_the_dataset(toy, write_lines):
    write_lines(1, 2, 3)
    for command in ("seed", "run"):
        assert toy.dbt(command, own_rows="before").success
    outcome = toy.dbt("test", own_rows="after")
    assert "seeds and models were not built whole, or have changed since" in outcome.messages[-1]
    assert things(toy) == [1, 2]


def test_a_failed_test_leaves_the_published_file(toy, write_lines):
    before = toy.published().read_bytes()
    write_lines(1, 101)
    outcome = toy.dbt("build")
    assert not outcome.success
    assert outcome.statuses["no_large_thing"] == "fail"
    assert outcome.messages[0].startswith("Not published: ")
    assert "failed or were skipped" in outcome.messages[0]
    assert toy.published().read_bytes() == before
    # The models of the failed build are not published by later tests that pass.
    (toy.folder / "tests/no_large_thing.sql").unlink()
    assert toy.dbt("test").success
    assert toy.published().read_bytes() == before


def test_a_fault_of_the_inputs_stops_the_run_with_its_sentence(toy, write_lines):
    before = toy.published().read_bytes()
    write_lines(1, 2, 3)
    outcome = toy.dbt("build", fault="lines.csv isn't there; add it.")
    assert not outcome.success
    assert outcome.failures == ["lines.csv isn't there; add it."]
    assert outcome.messages == []
    assert toy.published().read_bytes() == before
    # Nothing was built, so what was built before is still whole.
    assert toy.dbt("test").messages[0].startswith("Published")


def test_a_model_that_is_gone_is_not_published(toy):
    (toy.folder / "models/marts/segmentation/score_counts.sql").unlink()
    toy.build()
    names = query(toy.published(), "select table_name from publication_tables")
    assert ("score_counts",) not in names
    assert len(names) == 3


def test_a_view_is_refused(toy):
    before = toy.published().read_bytes()
    path = toy.folder / "models/core/order_line_ledger.sql"
    path.write_text("{{ config(materialized='view') }}\n" + path.read_text(), encoding="utf-8")
    outcome = toy.dbt("build")
    assert not outcome.success
    assert outcome.failures == [
        "core.order_line_ledger is view in the working database, but only tables are "
        "published; materialize it as a table and run `dbt build`."
    ]
    assert toy.published().read_bytes() == before


def test_a_fault_amid_the_copying_leaves_the_former_file(toy, write_lines, monkeypatch):
    before = toy.published().read_bytes()
    write_lines(1, 2, 3)
    copied = []
    copy_table = publication.copy_table

    def fill_the_disk(connection, database, table):
        if copied:
            raise duckdb.IOException("No space left on device")
        copied.append(table)
        copy_table(connection, database, table)

    monkeypatch.setattr(publication, "copy_table", fill_the_disk)
    outcome = toy.dbt("build")
    assert not outcome.success
    assert copied == [("core", "dim_things")]
    assert outcome.failures == [
        "published/sample.duckdb could not be replaced and is as it was (No space left on "
        "device); fix that and run `dbt test`, which publishes what is built."
    ]
    assert toy.published().read_bytes() == before
    assert [path.name for path in toy.published().parent.iterdir()] == ["sample.duckdb"]
    monkeypatch.undo()
    assert toy.dbt("test").messages[0].startswith("Published")
    assert things(toy) == [1, 2, 3]


def test_what_a_crash_left_behind_is_removed(toy):
    folder = toy.published().parent
    for name in (".sample.draft.duckdb", ".sample.draft.duckdb.wal", "sample.duckdb.wal"):
        (folder / name).write_bytes(b"half a file")
    toy.build()
    assert [path.name for path in folder.iterdir()] == ["sample.duckdb"]
    assert things(toy) == [1, 2]


def test_a_folder_that_cannot_be_written_is_named(toy):
    shutil.rmtree(toy.folder / "published")
    (toy.folder / "published").write_text("a file in the folder's place", encoding="utf-8")
    outcome = toy.dbt("test")
    assert not outcome.success
    assert outcome.failures[0].startswith("published/sample.duckdb could not be replaced")


READER = """
import sys
import duckdb

connection = duckdb.connect(sys.argv[1], read_only=True)
for _ in sys.stdin:
    print(connection.execute("select count(*) from core.dim_things").fetchone()[0], flush=True)
"""


@pytest.fixture
def reader(toy) -> Callable[[], int]:
    """Another process that holds the published file open, and counts its things when asked."""
    process = subprocess.Popen(
        [sys.executable, "-c", READER, str(toy.published())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def count() -> int:
        process.stdin.write("count\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    yield count
    process.communicate(timeout=30)


def test_a_reader_neither_hinders_a_run_nor_is_disturbed(toy, write_lines, reader):
    assert reader() == 2
    write_lines(1, 2, 3)
    toy.build()
    assert reader() == 2
    assert things(toy) == [1, 2, 3]


@pytest.mark.parametrize("command", [["ls"], ["compile"], ["docs", "generate"]])
def test_commands_that_build_nothing_leave_everything_as_it_was(toy, write_lines, command):
    before = toy.published().read_bytes()
    outcome = toy.dbt(*command, "--quiet")
    assert outcome.success, outcome.failures
    assert outcome.messages == []
    assert toy.published().read_bytes() == before
    assert len(query(toy.warehouse(), "from run_state")) == 2


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_code_version_is_the_commit_and_says_where_files_differ(tmp_path):
    project_file = tmp_path / "dbt_project.yml"
    project_file.write_text("version: 1\n", encoding="utf-8")
    with contextlib.chdir(tmp_path):
        assert code_version("0.1.0") == "0.1.0"
        git(tmp_path, "init", "--quiet")
        # A repository around the project that does not track it is not its own.
        assert code_version("0.1.0") == "0.1.0"
        git(tmp_path, "add", "dbt_project.yml")
        git(tmp_path, "commit", "--quiet", "-m", "first")
        commit = git(tmp_path, "rev-parse", "--short=12", "HEAD")
        assert code_version("0.1.0") == commit
        (tmp_path / "new_model.sql").write_text("select 1", encoding="utf-8")
        assert code_version("0.1.0") == f"{commit}-dirty"
