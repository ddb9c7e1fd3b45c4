"""The sample's lines through dbt on Spark: every table has DuckDB's rows.

What Spark does not build here (staging, persons, texts) is given to it as parquet, as DuckDB has
it, made-up contacts too: which of it may leave DuckDB is not decided by this test.
"""

from __future__ import annotations

import math
import shutil
from collections import Counter
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from conftest import copy_project
from spark_session import open_spark, write_down_inputs

pytest.importorskip("pyspark", reason="pyspark is not installed")
if shutil.which("java") is None:
    pytest.skip("Java is not installed", allow_module_level=True)

SELECTED = (
    "path:models/intermediate path:models/core path:models/marts/pivots path:models/marts/rfm"
)
# Persons and contacts are DuckDB's, and so are raw files and what Python makes.
LEFT_OUT = "path:models/intermediate/identity source_profile ml_product_categories"
SCHEMAS = ("intermediate", "core", "pivots", "rfm")
HANDED_OVER = ("staging", "seeds", "private", "intermediate", "core")


def to_comparable(value: Any) -> Any:
    """Bring a value to what both engines' values are compared as: doubles have 10 digits."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else float(f"{value:.10g}")
    if isinstance(value, Decimal):
        return value.normalize() + 0
    if isinstance(value, list | tuple):
        return tuple(map(to_comparable, value))
    return value


def count_rows(rows: list) -> Counter:
    """Count equal rows."""
    return Counter(tuple(map(to_comparable, row)) for row in rows)


def hand_over(connection: duckdb.DuckDBPyConnection, spark, folder, *, built: set[str]) -> None:
    """Give Spark the tables that it does not build, as parquet."""
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where not internal "
        "union all select schema_name, view_name from duckdb_views() where not internal"
    ).fetchall()
    for schema, table in tables:
        spark.sql(f"create database if not exists {schema}")
        if schema not in HANDED_OVER or table in built:
            continue
        path = folder / f"{schema}.{table}.parquet"
        connection.execute(f"copy (select * from {schema}.{table}) to '{path}' (format parquet)")
        spark.sql(f"create table {schema}.{table} using parquet location '{path}'")


def test_the_lines_on_spark_have_the_rows_of_duckdb(sample_build, tmp_path):
    project = copy_project(tmp_path / "project")
    options = {"handover_dir": write_down_inputs(tmp_path / "handover")}
    choice = ["--target", "spark", "--select", *SELECTED.split(), "--exclude", *LEFT_OUT.split()]
    with (
        open_spark(tmp_path / "tables") as spark,
        duckdb.connect(str(sample_build.warehouse), read_only=True) as connection,
    ):
        # The one view hashes the keys of files that Spark never sees.
        connection.create_function("customer_key_salt", lambda: "salt", [], "VARCHAR")
        compiled = project.dbt("compile", *choice, **options)
        assert compiled.success, "\n".join(compiled.failures)
        hand_over(connection, spark, tmp_path, built=set(compiled.statuses))
        outcome = project.dbt("run", *choice, **options)
        assert outcome.success, "\n".join(outcome.failures)
        different, equal = {}, []
        for schema in SCHEMAS:
            for table in spark.catalog.listTables(schema):
                if table.name not in outcome.statuses:
                    continue
                columns = [
                    one
                    for one in spark.table(f"{schema}.{table.name}").columns
                    if one != "run_number"
                ]
                named = ", ".join(columns)
                query = f"select {named} from {schema}.{table.name}"
                found = count_rows(spark.sql(query).collect())
                wanted = count_rows(connection.execute(query).fetchall())
                if found == wanted:
                    equal.append(table.name)
                else:
                    different[table.name] = list((found - wanted).items())[:1]
    assert not different, different
    assert {"int_order_lines_validated", "fct_order_lines", "order_line_ledger"} < set(equal)
    assert {"rfm_scores", "customer_pivot", "sales_pivot", "dim_customers"} < set(equal)
    assert len(equal) > 60
