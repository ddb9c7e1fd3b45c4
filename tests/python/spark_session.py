"""A Spark session of its own, and the facts of the sample's files that dbt asks there."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from conftest import REPO_ROOT

from targeted_lists.inputs.raw_files import describe_inputs_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession


@contextmanager
def open_spark(folder: Path) -> Iterator[SparkSession]:
    """Start Spark in this process with the settings of the target `spark`, tables in a folder."""
    from pyspark.sql import SparkSession

    told = yaml.safe_load((REPO_ROOT / "profiles.yml").read_text(encoding="utf-8"))
    settings = told["targeted_lists"]["outputs"]["spark"]["server_side_parameters"] | {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "2g",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.warehouse.dir": str(folder),
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    try:
        yield session
    finally:
        session.stop()


def write_down_inputs(folder: Path) -> str:
    """Write what the sample's folder holds, as DuckDB hands it over; return the folder's name."""
    known = yaml.safe_load((REPO_ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    contract = known["input_contract"]
    contract["order_lines"] |= known["order_line_extras"]
    described = describe_inputs_json(
        json.dumps(contract), str(REPO_ROOT / "data"), "sample", "contract"
    )
    (folder / "sample").mkdir(parents=True)
    (folder / "sample/inputs.json").write_text(described, encoding="utf-8")
    return str(folder)
