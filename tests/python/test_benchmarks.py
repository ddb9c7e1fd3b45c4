"""The benchmark's sales are realistic and repeatable, and what it compares is equal."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import REPO_ROOT, Project, query

sys.path.insert(0, str(REPO_ROOT / "benchmarks"))

import spine_duckdb
import spine_pandas
from compare import KEYS, Tables, differences, read_requested
from generate import OTHERS, generate
from spine import SELECTED, SPINE, Session, busy_seconds, show, write_results
from stages import Measured, TooMuchMemoryError, measure

LINES = 6_000
MODULES = {"floor": spine_duckdb, "pandas": spine_pandas}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    generate(LINES, folder / "tiny", form="csv")
    return folder


def read_rows(folder: Path, name: str, form: str = "parquet") -> list[tuple[str, ...]]:
    """Return the rows of a table's files as sorted texts."""
    files = f"read_{form}('{folder}/{name}*.{form}')"
    with duckdb.connect() as connection:
        return connection.execute(
            f"select columns(*)::varchar from {files} order by all"
        ).fetchall()


def count(folder: Path, condition: str) -> int:
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select count(*) from '{folder}/order_lines.csv' where {condition}"
        )
        return found.fetchone()[0]


def test_a_seed_makes_one_dataset(data_dir, tmp_path):
    generate(LINES, tmp_path / "parquet", days_apart=2)
    generate(LINES, tmp_path / "other", seed=8)
    for name in ("order_lines", *OTHERS):
        typed = read_rows(tmp_path / "parquet", name)
        text = read_rows(data_dir / "tiny", name, form="csv")
        assert len(typed) == len(text) > 0
        # The first two columns are texts and keys, alike in both forms.
        assert [row[:2] for row in typed] == [row[:2] for row in text]
    assert read_rows(tmp_path / "other", "order_lines") != read_rows(
        tmp_path / "parquet", "order_lines"
    )
    apart = sorted(path.name for path in (tmp_path / "parquet").glob("order_lines_*"))
    assert apart == ["order_lines_2025-12-30.parquet", "order_lines_2025-12-31.parquet"]


def test_sales_are_as_in_a_shop(data_dir):
    folder = data_dir / "tiny"
    lines = count(folder, "true")
    assert lines == pytest.approx(LINES, rel=0.15)
    assert 0.01 < count(folder, "quantity < 0") / lines < 0.02
    assert 0.03 < count(folder, "customer_id is null") / lines < 0.08
    assert 0.01 < count(folder, "status = 'cancelled'") / lines < 0.04
    december, february = (count(folder, f"month(ordered_at) = {month}") for month in (12, 2))
    assert december > 1.4 * february
    query = (
        "select product_id, count(*) as n from '{}/order_lines.csv' group by all order by n desc"
    )
    with duckdb.connect() as connection:
        counts = [row[1] for row in connection.execute(query.format(folder)).fetchall()]
    # The tenth that sells most sells several times its share, and nothing sells everything.
    decile = sum(counts[: len(counts) // 10]) / lines
    assert 0.25 < decile < 0.7


@pytest.fixture(scope="module")
def spine(project: Project, data_dir: Path) -> Path:
    """The tiny dataset through the project's spine; its working database."""
    selected = [one for stage in (*SPINE, "rules") for one in SELECTED[stage]]
    outcome = project.dbt(
        *("build", "--resource-type", "seed", "model", "--select", *selected),
        dataset="tiny",
        data_dir=str(data_dir),
    )
    assert outcome.success, "\n".join(outcome.failures)
    return project.warehouse("tiny")


def run_script(tool: str, data_dir: Path, folder: Path, stages: list[str]) -> Tables:
    for stage in stages:
        MODULES[tool].STAGES[stage](data_dir / "tiny", folder)
    return Tables.of_floor(folder) if tool == "floor" else Tables.of_script(folder)


@pytest.fixture(scope="module")
def floor(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the floor's stages wrote to."""
    folder = tmp_path_factory.mktemp("floor")
    run_script("floor", data_dir, folder, list(SPINE))
    return folder


def test_duckdb_by_hand_writes_equal_tables(spine, floor):
    assert differences(Tables.of_project(spine), Tables.of_floor(floor)) == []


def test_pandas_writes_equal_tables(spine, data_dir, tmp_path):
    (tmp_path / "asked.json").write_text(json.dumps(read_requested(spine)), encoding="utf-8")
    tables = run_script("pandas", data_dir, tmp_path, [*SPINE, "rules"])
    assert differences(Tables.of_project(spine), tables, with_rules=True) == []


def test_polars_writes_equal_tables(spine, data_dir, tmp_path):
    pytest.importorskip("polars", reason="polars is among what the tests need, but not here")
    import spine_polars

    MODULES["polars"] = spine_polars
    tables = run_script("polars", data_dir, tmp_path, list(SPINE))
    assert differences(Tables.of_project(spine), tables) == []


def test_a_difference_is_found(spine, floor, tmp_path):
    shutil.copyfile(floor / "floor.duckdb", tmp_path / "floor.duckdb")
    with duckdb.connect(str(tmp_path / "floor.duckdb")) as connection:
        connection.execute(
            "update rfm_scores set monetary = monetary + 0.01 where basis = 'bought'"
        )
        connection.execute("delete from sales_pivot where dimension = 'hour'")
        connection.execute("update lines set refund = refund + 1 where is_return")
    found = differences(Tables.of_project(spine), Tables.of_floor(tmp_path))
    assert {sentence.split(".")[0].split()[0] for sentence in found} == {
        "lines",
        "sales_pivot",
        "rfm_scores",
    }


def test_every_compared_table_holds_something(spine):
    for name, sql in Tables.of_project(spine).queries.items():
        assert name in KEYS
        assert query(spine, f"select count(*) from ({sql})")[0][0] > 0, name


def test_dbt_is_busy_while_a_node_runs():
    def node(begun: str, ended: str) -> dict:
        timing = {"name": "execute", "started_at": begun, "completed_at": ended}
        return {"timing": [timing, {"name": "compile", "started_at": None, "completed_at": None}]}

    results = [
        node("2026-01-01T00:00:01Z", "2026-01-01T00:00:04Z"),
        node("2026-01-01T00:00:02Z", "2026-01-01T00:00:03Z"),
        node("2026-01-01T00:00:10Z", "2026-01-01T00:00:11.5Z"),
    ]
    assert busy_seconds({"results": results}) == pytest.approx(4.5)


def test_results_replace_those_of_their_title(tmp_path):
    path = tmp_path / "RESULTS.md"
    for title, text in (("5 lines", "slow"), ("6 lines", "kept"), ("5 lines", "fast")):
        write_results(path, title, text)
    assert path.read_text(encoding="utf-8") == (
        "# Results\n\n## 5 lines\n\nfast\n\n## 6 lines\n\nkept\n"
    )


def test_a_script_that_holds_too_much_is_stopped_and_said_to_be(tmp_path, monkeypatch):
    greedy = [sys.executable, "-c", "import time; held = b'x' * (400 << 20); time.sleep(60)"]
    modest = [sys.executable, "-c", "print('ended')"]
    assert measure(modest, folder=tmp_path, most_mb=200).output == "ended\n"

    session = Session("made_up", tmp_path, tmp_path, sys.executable, most_mb=200)
    (tmp_path / "made_up").mkdir()
    session.source.joinpath("order_lines.csv").write_text("order_id\n")
    monkeypatch.setattr(Session, "database", session.source / "order_lines.csv")

    def measure_greedy(command: list[str], **options: Any) -> Measured:
        return measure(greedy, **options)

    monkeypatch.setattr("spine.measure", measure_greedy)
    session.run("pandas", "lines")
    session.run("pandas", "orders")
    stage, error = session.stopped["pandas"]
    assert (stage, session.stages) == ("lines", {})
    assert isinstance(error, TooMuchMemoryError)
    assert 200 < error.held_mb < 600
    table = show(session, 1)
    assert f"| lines | stopped after {error.seconds:.0f} | | {error.held_mb:,.0f} |" in table
    assert "| **the spine** | not ended |" in table
