"""One dialect for two engines: Spark resolves every model from `intermediate` on.

Each model is compiled for Spark and resolved there against empty tables with the columns that
DuckDB gave the sample's: names, functions and types are checked, and nothing is run.
"""

from __future__ import annotations

import json
import re
import shutil
from types import SimpleNamespace

import duckdb
import jinja2
import numpy as np
import pandas as pd
import pytest
from conftest import REPO_ROOT, copy_project
from spark_session import open_spark, write_down_inputs

pytest.importorskip("pyspark", reason="pyspark is not installed")
if shutil.which("java") is None:
    pytest.skip("Java is not installed", allow_module_level=True)

FOLDERS = ("intermediate", "core", "private", "marts", "lists", "metrics", "findings")

RAW_FILES = "reads raw files, which DuckDB does"
CONTACTS = "reads contacts, which never leave DuckDB"
ON_DUCKDB = {
    "source_profile": RAW_FILES,
    "unknown_names": RAW_FILES,
    "alert_values": RAW_FILES,
    "int_contact_addresses": CONTACTS,
    "int_contact_hashes": CONTACTS,
    "int_key_contacts": CONTACTS,
    "int_addresses_named": CONTACTS,
    "contact_permissions": CONTACTS,
    "int_keys_grouped": "joins keys to persons by a recursion that replaces rows",
    "list_candidates_taken": "asks its lists one within the other, which Spark writes out",
}
"""Models that Spark does not resolve, and why."""

TYPES = {"varchar": "string", "integer": "int", "timestamp": "timestamp_ntz", "blob": "binary"}


def to_spark(kind: str) -> str:
    """Name a type of DuckDB's as Spark does."""
    kind = kind.lower()
    if kind.endswith("[]"):
        return f"array<{to_spark(kind.removesuffix('[]'))}>"
    return TYPES.get(kind, kind)


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    with open_spark(tmp_path_factory.mktemp("spark")) as session:
        yield session


@pytest.fixture(scope="module")
def compiled(spark, tmp_path_factory) -> dict[str, dict]:
    """The models as dbt compiles them for Spark, by name: `schema`, `sql`."""
    folder = tmp_path_factory.mktemp("compiled")
    project = copy_project(folder)
    handover = write_down_inputs(folder / "handover")
    selected = [f"path:models/{name},resource_type:model" for name in FOLDERS]
    outcome = project.dbt(
        "compile", "--target", "spark", "--select", *selected, handover_dir=handover
    )
    assert outcome.success, "\n".join(outcome.failures)
    manifest = json.loads((folder / "target/sample/manifest.json").read_text(encoding="utf-8"))
    return {
        node["name"]: {"schema": node["schema"], "sql": node["compiled_code"]}
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["language"] == "sql"
        and node["config"]["materialized"] != "ephemeral"
        and node["fqn"][1] in FOLDERS
    }


@pytest.fixture(scope="module")
def tables(spark, sample_build) -> dict[str, list[tuple[str, str]]]:
    """Spark's empty tables, by name: columns and types as DuckDB has them."""
    columns: dict[str, list[tuple[str, str]]] = {}
    with duckdb.connect(str(sample_build.warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select schema_name || '.' || table_name, column_name, data_type "
            "from duckdb_columns() where not internal order by 1, column_index"
        ).fetchall()
    for table, column, kind in rows:
        columns.setdefault(table, []).append((column, to_spark(kind)))
    for schema in {name.split(".")[0] for name in columns}:
        spark.sql(f"create database if not exists {schema}")
    for name, described in columns.items():
        spark.sql(
            f"create table {name} ("
            + ", ".join(f"`{column}` {kind}" for column, kind in described)
            + ") using parquet"
        )
    return columns


def test_spark_resolves_every_model_to_the_types_that_duckdb_has(spark, compiled, tables):
    from pyspark.errors import PySparkException

    assert len(compiled) > 250
    refused, different = {}, {}
    for name, model in compiled.items():
        try:
            found = spark.sql(model["sql"]).schema
        except PySparkException as refusal:
            refused[name] = re.sub(r"\s+", " ", str(refusal))[:300]
            continue
        except Exception as refusal:  # what the JVM itself raises
            refused[name] = str(refusal)[:300]
            continue
        types = [(field.name, field.dataType.simpleString()) for field in found.fields]
        wanted = tables[f"{model['schema']}.{name}"]
        if types != wanted:
            different[name] = sorted(set(types) ^ set(wanted))
    unknown = {name: told for name, told in refused.items() if name not in ON_DUCKDB}
    assert not unknown, "\n".join(f"{name}: {told}" for name, told in unknown.items())
    assert set(refused) == set(ON_DUCKDB), "Spark resolves more than is named as left on DuckDB"
    assert not different, "\n".join(f"{name}: {told}" for name, told in different.items())


def test_what_spark_lacks_is_refused(spark, compiled, tables):
    """The check above can fail: functions, columns and types that only DuckDB knows."""
    from pyspark.errors import PySparkException

    assert tables
    for query in (
        "select strpos(customer_id, 'C') from core.dim_customers",
        "select string_agg(customer_id, ', ' order by customer_id) from core.dim_customers",
        "select no_column from core.dim_customers",
        "with a as not materialized (select 1 as b) select * from a",
    ):
        with pytest.raises(PySparkException):
            _ = spark.sql(query).schema


def test_both_engines_match_returns_alike(spark):
    """Of random groups each engine's own way finds the same sales of the same returns."""
    source = (REPO_ROOT / "macros/sql/match_return_by_return.sql").read_text(encoding="utf-8")
    macros = jinja2.Environment().from_string(source).make_module({"adapter": None})
    generator = np.random.default_rng(5)
    lines = pd.DataFrame({"buyer": np.sort(generator.integers(0, 400, 2_400)).astype(str)})
    lines["order_line_id"] = range(len(lines))
    lines["order_id"] = generator.integers(0, 4, len(lines)).astype(str)
    lines["time_number"] = lines.groupby("buyer").cumcount() + 1
    lines["is_return"] = generator.random(len(lines)) < 0.45
    lines["is_returned_itself"] = ~lines["is_return"] & (generator.random(len(lines)) < 0.2)
    lines["units"] = generator.integers(1, 6, len(lines))
    typed = "select *, cast(units as decimal(18, 3)) as amount from lines"
    with duckdb.connect() as connection:
        query = macros.default__match_return_by_return(f"({typed}) as typed", ["buyer"])
        wanted = connection.execute(query).df()
    spark.createDataFrame(lines).createOrReplaceTempView("lines")
    query = macros.spark__match_return_by_return(f"({typed}) as typed", ["buyer"])
    found = spark.sql(query).toPandas()
    assert len(wanted) > 500
    columns = ["sale_line_id", "return_line_id", "amount"]
    pd.testing.assert_frame_equal(
        *(
            one[columns].astype(float).sort_values(columns, ignore_index=True)
            for one in (found, wanted)
        )
    )


def test_both_engines_read_patterns_and_parts_alike(spark):
    """Backslashes reach the regular expression, and a separator is none."""
    environment = jinja2.Environment()
    environment.globals["modules"] = SimpleNamespace(re=re)
    patterns, parts = (
        environment.from_string(
            (REPO_ROOT / f"macros/sql/{name}.sql").read_text(encoding="utf-8")
        ).make_module({"adapter": None})
        for name in ("matches_pattern", "row_per_value")
    )
    pattern = r"^[0-9 ()+\-\x{a0}]*[0-9]$"
    texts = ["12-3", "12\u00a03", "x12", "12x"]
    listed = ", ".join(f"({place}, '{text}')" for place, text in enumerate(texts))
    question = "select {} as found from (values {}) as told (place, value) order by place"
    wanted = [True, True, False, False]
    with duckdb.connect() as connection:
        query = question.format(patterns.default__matches_pattern("value", pattern), listed)
        assert [row[0] for row in connection.execute(query).fetchall()] == wanted
        query = question.format(patterns.spark__matches_pattern("value", pattern), listed)
        assert [row[0] for row in spark.sql(query).collect()] == wanted
        whole = "select {} as item from (select 'A + B  C + D+E' as itemset) as told"
        query = whole.format(parts.default__row_per_part("itemset", " + "))
        items = [row[0] for row in connection.execute(query).fetchall()]
    query = whole.format(parts.spark__row_per_part("itemset", " + "))
    assert [row[0] for row in spark.sql(query).collect()] == items == ["A", "B  C", "D+E"]
