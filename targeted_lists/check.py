"""Looking at a dataset's folder before anything is built: `make check DATASET=NAME`.

The files are read by the staging models themselves, into a database that is thrown away, so what
is shown here is what a run would see.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml
from rich.console import Console
from rich.table import Table

from targeted_lists.inputs import InputError, find_inputs, layout_of
from targeted_lists.run import run_dbt, say

DATABASES = Path("warehouse") / "check"
FAULTS_SHOWN = 10


@dataclass(frozen=True)
class InputSummary:
    """What stands in the files of one input, as staging reads them.

    Attributes
    ----------
    files, rows, faulty_rows : counts; a faulty row is ragged, unreadable or will not cast.
    matched, missing, ignored : columns that are read, that the files lack, and further ones.
    first_date, last_date : of the input's first column of dates; None where it has none.
    """

    name: str
    files: int
    rows: int
    faulty_rows: int
    matched: list[str]
    missing: list[str]
    ignored: list[str]
    first_date: str | None
    last_date: str | None


def check_dataset(
    data_dir: Path, dataset: str, adapter: str, variables: dict[str, object] | None = None
) -> int:
    """Print what a dataset's folder holds and whether a run can go; return 0 if it can."""
    console = Console()
    contract = yaml.safe_load(Path("dbt_project.yml").read_text(encoding="utf-8"))["vars"][
        "input_contract"
    ]
    try:
        layout = layout_of(adapter, contract)
        found = find_inputs(data_dir, dataset, layout)
    except InputError as error:
        return refuse(console, str(error))
    asked = {**(variables or {}), "dataset": dataset, "data_dir": str(data_dir)}
    with tempfile.TemporaryDirectory() as target:
        reading = ["run", "--select", "staging", "--target", "check", "--target-path", target]
        if not run_dbt(reading, {**asked, "adapter": adapter}, console, is_quiet=True):
            return refuse(console, "The files could not be read.")
    database = DATABASES / f"{dataset}.duckdb"
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            summaries = [
                summarise_input(connection, name, adapter, found, columns)
                for name, columns in layout.inputs.items()
            ]
            faults = count_faults(connection, adapter)
    finally:
        database.unlink()
    show_inputs(console, summaries)
    show_faults(console, faults)
    for name in found.ignored_files:
        say(console, f"{name} is no file of an input; it is ignored.")
    say(console, f"The run can go: make lists DATASET={dataset} DATA_DIR={data_dir}")
    return 0


def refuse(console: Console, sentence: str) -> int:
    """Print why a run cannot go, and return the exit code."""
    say(console, sentence, style="red")
    say(console, "The run cannot go.")
    return 1


def summarise_input(connection, name, adapter, found, columns) -> InputSummary:
    """Count an input's rows in its staging table and its columns in the headers."""
    files = [file for file in found.files if file.input == name]
    names = {column.lower() for file in files for column in file.columns}
    rows, faulty_rows, first_date, last_date = 0, 0, None, None
    if files:
        rows, faulty_rows, first_date, last_date = measure_rows(connection, name, adapter)
    return InputSummary(
        name=name,
        files=len(files),
        rows=rows,
        faulty_rows=faulty_rows,
        matched=[column for column in columns if column in names],
        missing=[column for column in columns if column not in names] if files else [],
        ignored=sorted(names - columns.keys()),
        first_date=first_date,
        last_date=last_date,
    )


def staged_inputs(connection: duckdb.DuckDBPyConnection, adapter: str) -> dict[str, list[str]]:
    """Return the staging tables that judge their rows, with their columns of dates."""
    rows = connection.execute(
        """
        select table_name, list(column_name order by ordinal_position)
            filter (where data_type = 'TIMESTAMP')
        from information_schema.columns
        where table_schema = 'staging' and table_name like ?
        group by table_name
        having bool_or(column_name = 'source_fault')
        order by table_name
        """,
        [f"stg_{adapter}__%"],
    ).fetchall()
    return {table: dates or [] for table, dates in rows}


def measure_rows(
    connection: duckdb.DuckDBPyConnection, name: str, adapter: str
) -> tuple[int, int, str | None, str | None]:
    """Return an input's rows, its faulty rows, and its first and last date."""
    staged = staged_inputs(connection, adapter)
    # An adapter whose raw file is no conformed input reads it into one that is.
    table = f"stg_{adapter}__{name}"
    if table not in staged:
        table = f"stg_{adapter}__order_lines"
    date = staged[table][0] if staged[table] else "null"
    return connection.execute(
        f"""
        select count(*), count(source_fault),
            left(cast(min({date}) as varchar), 10), left(cast(max({date}) as varchar), 10)
        from staging.{table}
        """
    ).fetchone()


def count_faults(connection: duckdb.DuckDBPyConnection, adapter: str) -> list[tuple]:
    """Return (file, row, fault) of the first rows of each input that will not be kept."""
    return [
        row
        for table in staged_inputs(connection, adapter)
        for row in connection.execute(
            f"""
            select source_file, source_row, source_fault
            from staging.{table}
            where source_fault is not null
            order by source_file, source_row
            limit {FAULTS_SHOWN}
            """
        ).fetchall()
    ]


def show_inputs(console: Console, summaries: list[InputSummary]) -> None:
    """Print a row for each input that was found, and name those that were not."""
    present = [summary for summary in summaries if summary.files]
    table = Table(title="What was found", title_justify="left")
    table.add_column("input", no_wrap=True)
    for heading in ("files", "rows", "faulty", "columns"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("dates", no_wrap=True)
    for summary in present:
        columns = len(summary.matched) + len(summary.missing)
        table.add_row(
            summary.name,
            str(summary.files),
            f"{summary.rows:,}",
            f"{summary.faulty_rows:,}",
            f"{len(summary.matched)} of {columns}",
            f"{summary.first_date}..{summary.last_date}" if summary.first_date else "",
        )
    console.print(table)
    for summary in present:
        if summary.missing:
            say(console, f"{summary.name} lacks {', '.join(summary.missing)}: taken as empty.")
        if summary.ignored:
            say(console, f"{summary.name} also has {', '.join(summary.ignored)}: ignored.")
    absent = [summary.name for summary in summaries if not summary.files]
    if absent:
        say(console, f"Not there, so empty: {', '.join(absent)}.")


def show_faults(console: Console, faults: list[tuple]) -> None:
    """Print the first rows that go to the ledger, with what is wrong with them."""
    if not faults:
        return
    table = Table(title="Rows that will be set aside (the first of each input)")
    for heading in ("file", "row", "fault"):
        table.add_column(heading, overflow="fold")
    for file, row, fault in faults:
        table.add_row(file, str(row), fault)
    console.print(table)
