"""The same files make the same tables, whatever the threads and however often they are read."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import Build, Project

TOLERANCE = 1e-9
# It says when the run was.
LEFT_OUT = {"main.publication"}


@pytest.fixture(scope="module")
def second_build(sample_build: Build, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The sample built once more over its own working database, with one thread for two."""
    folder = tmp_path_factory.mktemp("again") / "project"
    shutil.copytree(sample_build.project.folder, folder)
    project = Project(folder)
    before = project.published().stat().st_mtime_ns
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DUCKDB_THREADS", "1")
        # Fitted anew: a kept model would score alike whatever its features became.
        outcome = project.dbt("build", "--full-refresh", "--threads", "1", activity_fit="new")
    assert outcome.success, "\n".join(outcome.failures)
    assert project.published().stat().st_mtime_ns > before
    return Build(project=project, dataset="sample", outcome=outcome)


def read_tables(database: Path) -> dict[str, pd.DataFrame]:
    """Return every published table; decimals, dates and lists as text, floats as they are."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by all"
        ).fetchall()
        tables = {}
        for (name,) in names:
            if name in LEFT_OUT:
                continue
            columns = connection.execute(f"describe {name}").fetchall()
            selected = ", ".join(
                f'"{column}"' if is_float(kind) else f'cast("{column}" as varchar) as "{column}"'
                for column, kind, *_ in columns
            )
            tables[name] = connection.execute(f"select {selected} from {name} order by all").df()
    return tables


def is_float(kind: str) -> bool:
    return kind in ("DOUBLE", "FLOAT")


def test_tables_are_equal_after_another_run_with_other_threads(sample_build, second_build):
    first, second = read_tables(sample_build.published), read_tables(second_build.published)
    assert first.keys() == second.keys()
    assert len(first) > 30
    different = [name for name in first if not are_equal(first[name].copy(), second[name].copy())]
    assert different == []


def are_equal(first: pd.DataFrame, second: pd.DataFrame) -> bool:
    """Whether tables hold the same rows: exactly, but for floats to the tolerance."""
    if first.shape != second.shape or list(first.columns) != list(second.columns):
        return False
    floats = [name for name in first.columns if pd.api.types.is_float_dtype(first[name])]
    exact = [name for name in first.columns if name not in floats]
    order = exact + floats
    first, second = (
        table.sort_values(order, ignore_index=True, na_position="first")
        for table in (first, second)
    )
    return first[exact].equals(second[exact]) and np.allclose(
        first[floats], second[floats], rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True
    )


def test_what_is_compared_can_differ():
    table = pd.DataFrame({"key": ["a", "b", None], "share": [0.5, 0.25, np.nan]})
    assert are_equal(table, table.iloc[::-1].assign(share=lambda rows: rows["share"] + 1e-12))
    assert not are_equal(table, table.assign(share=[0.5, 0.25 + 1e-6, np.nan]))
    assert not are_equal(table, table.assign(key=["a", "c", None]))
    assert not are_equal(table, table.head(2))


def test_strings_are_stored_alike_with_and_without_arrow():
    importlib.import_module("python_ml")
    assert pd.Series(["a", None], dtype="str").dtype.storage == "python"
