"""The same files make the same tables, whatever the threads and however often they are read."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import Build, Project, query

TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def second_run(sample_build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working database of the sample after one more run over it, with one thread for two."""
    folder = tmp_path_factory.mktemp("again") / "project"
    shutil.copytree(sample_build.project.folder, folder)
    project = Project(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DUCKDB_THREADS", "1")
        # Fitted again: a saved model would score alike whatever its features became.
        outcome = project.dbt("run", "--full-refresh", "--threads", "1", reuse_models=False)
    assert outcome.success, "\n".join(outcome.failures)
    return project.warehouse()


def read_tables(database: Path, names: list[str]) -> dict[str, pd.DataFrame]:
    """Return tables by name; decimals, dates and lists as text, floats as they are."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = {}
        for name in names:
            columns = connection.execute(f"describe {name}").fetchall()
            selected = ", ".join(
                f'"{column}"' if is_float(kind) else f'cast("{column}" as varchar) as "{column}"'
                for column, kind, *_ in columns
            )
            tables[name] = connection.execute(f"select {selected} from {name} order by all").df()
    return tables


def is_float(kind: str) -> bool:
    return kind in ("DOUBLE", "FLOAT")


def test_tables_are_equal_after_another_run_with_other_threads(sample_build, second_run):
    published = query(
        sample_build.published,
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where schema_name <> 'main' order by all",
    )
    names = [name for (name,) in published]
    assert len(names) > 30
    first, second = (read_tables(path, names) for path in (sample_build.warehouse, second_run))
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
