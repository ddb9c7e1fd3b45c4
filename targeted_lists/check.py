"""Looking at a dataset's folder before anything is built: `make check DATASET=NAME`.

The files are read by the staging models themselves, into a database that is thrown away, so what
is shown here is what a run would see. Only a readable copy of a file that needs one stays, for
the run to come.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml
from rich.console import Console
from rich.table import Table

from targeted_lists.input_files import SETTINGS_FILE
from targeted_lists.inputs import (
    Dataset,
    InputError,
    Layout,
    find_inputs,
    layout_of,
)
from targeted_lists.run import run_dbt, say
from targeted_lists.salt import give_salt, make_salt

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
    database = DATABASES / f"{dataset}.duckdb"
    try:
        with tempfile.TemporaryDirectory() as target:
            reading = ["build", "--select", "+staging", "--resource-type", "seed", "model"]
            reading += ["--target", "check", "--target-path", target]
            if not run_dbt(reading, {**asked, "adapter": adapter}, console, is_quiet=True):
                return refuse(console, "The files could not be read.")
        with duckdb.connect(str(database), read_only=True) as connection:
            # Counts of rows and faults are the same with any salt.
            give_salt(connection, make_salt)
            tables = staged_inputs(connection, adapter)
            if tables.keys() >= layout.inputs.keys():
                # Files that each feed several inputs are judged once, as the files they are.
                tables = {name: tables[name] for name in layout.inputs}
            summaries = [
                summarise_input(connection, name, tables, found, layout) for name in layout.inputs
            ]
            faults = list_faults(connection, tables)
            equal_lines = count_equal_lines(connection, tables, contract)
    finally:
        remove_database(database)
    show_inputs(console, summaries)
    show_faults(console, faults)
    show_equal_lines(console, equal_lines, found.settings.equal_lines)
    for name in found.ignored_files:
        say(console, f"{name} is no file of an input; it is ignored.")
    say(console, f"The run can go: make lists DATASET={dataset} DATA_DIR={data_dir}")
    return 0


def remove_database(database: Path) -> None:
    """Remove what a reading of the files has written."""
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()
    for folder in (database.parent, database.parent.parent):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def refuse(console: Console, sentence: str) -> int:
    """Print why a run cannot go, and return the exit code."""
    say(console, sentence, style="red")
    say(console, "The run cannot go.")
    return 1


@dataclass(frozen=True)
class StagedTable:
    """A staging table that judges its rows, qualified, with its first column of dates."""

    name: str
    date: str | None


def staged_inputs(connection: duckdb.DuckDBPyConnection, adapter: str) -> dict[str, StagedTable]:
    """Return the staging tables that judge their rows, by input, whatever their schema."""
    rows = connection.execute(
        """
        select
            replace(table_name, ?, '') as input,
            table_schema || '.' || table_name as name,
            arg_min(column_name, ordinal_position) filter (where data_type = 'TIMESTAMP') as date
        from information_schema.columns
        where starts_with(table_name, ?)
        group by table_schema, table_name
        having bool_or(column_name = 'source_fault')
        order by input
        """,
        [f"stg_{adapter}__"] * 2,
    ).fetchall()
    return {name: StagedTable(name=table, date=date) for name, table, date in rows}


def summarise_input(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    tables: dict[str, StagedTable],
    found: Dataset,
    layout: Layout,
) -> InputSummary:
    """Count an input's rows in its staging table and its columns in the headers."""
    columns = layout.inputs[name]
    files = [file for file in found.files if file.input == name]
    names = {column for file in files for column in layout.find_columns(file.columns)}
    rows, faulty_rows, first_date, last_date = 0, 0, None, None
    if files:
        # An adapter whose raw file is no conformed input reads it into order lines.
        rows, faulty_rows, first_date, last_date = measure_rows(
            connection, tables.get(name) or tables["order_lines"]
        )
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


def measure_rows(
    connection: duckdb.DuckDBPyConnection, table: StagedTable
) -> tuple[int, int, str | None, str | None]:
    """Return an input's rows, its faulty rows, and its first and last date."""
    date = table.date or "null"
    return connection.execute(
        f"""
        select count(*), count(source_fault),
            left(cast(min({date}) as varchar), 10), left(cast(max({date}) as varchar), 10)
        from {table.name}
        """
    ).fetchone()


def list_faults(
    connection: duckdb.DuckDBPyConnection, tables: dict[str, StagedTable]
) -> list[tuple[str, int, str]]:
    """Return (file, row, fault) of the first rows of each input that will not be kept."""
    return [
        row
        for table in tables.values()
        for row in connection.execute(
            f"""
            select source_file, source_row, source_fault
            from {table.name}
            where source_fault is not null
            order by source_file, source_row
            limit {FAULTS_SHOWN}
            """
        ).fetchall()
    ]


def count_equal_lines(
    connection: duckdb.DuckDBPyConnection,
    tables: dict[str, StagedTable],
    contract: dict[str, dict[str, str]],
) -> int:
    """Count order lines without a number that are equal to an earlier one of their file."""
    table = tables.get("order_lines")
    if table is None:
        return 0
    columns = ", ".join(["source_file", *contract["order_lines"]])
    return connection.execute(
        f"""
        select coalesce(sum(copies - 1), 0)::bigint
        from (
            select count(*) as copies
            from {table.name}
            where source_fault is null and line_number is null
            group by {columns}
        )
        """
    ).fetchone()[0]


def show_equal_lines(console: Console, count: int, setting: str) -> None:
    """Say how many order lines are equal to an earlier one, and what becomes of them."""
    if not count:
        return
    what, other = (
        ("kept, each as a sale of its own", "merge")
        if setting == "keep"
        else ("merged with it", "keep")
    )
    say(
        console,
        f"{count:,} order lines without a line number are equal in every column to an earlier one "
        f"of their file and are {what}; with equal_lines: {other} in {SETTINGS_FILE} they are "
        f"{'merged' if other == 'merge' else 'kept'}.",
    )


def show_inputs(console: Console, summaries: list[InputSummary]) -> None:
    """Print a row for each input that was found, and name those that were not."""
    present = [summary for summary in summaries if summary.files]
    table = Table(title="What was found", title_justify="left")
    table.add_column("input", no_wrap=True)
    for heading in ("files", "rows", "faulty", "columns"):
        table.add_column(heading, justify="right", no_wrap=True)
    # In a narrow terminal the dates wrap, so that no number is cut.
    table.add_column("dates")
    for summary in present:
        columns = len(summary.matched) + len(summary.missing)
        table.add_row(
            summary.name,
            str(summary.files),
            f"{summary.rows:,}",
            f"{summary.faulty_rows:,}",
            f"{len(summary.matched)} of {columns}",
            f"{summary.first_date} to {summary.last_date}" if summary.first_date else "",
        )
    console.print(table)
    for summary in present:
        if summary.missing:
            say(console, f"{summary.name} lacks {', '.join(summary.missing)}: taken as empty.")
        if summary.ignored:
            say(console, f"{summary.name} also has {', '.join(summary.ignored)}: ignored.")
        if summary.rows and summary.faulty_rows == summary.rows:
            say(
                console,
                f"No row of {summary.name} can be read; if its dates or numbers are written "
                f"otherwise, say how in {SETTINGS_FILE} beside it.",
                style="red",
            )
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
