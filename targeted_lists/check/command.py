"""Looking at a dataset's folder before anything is built: `targeted-lists check`.

The files are read and their rows decided on by the models of the run, in memory, so what is shown
here is what a run would do. Only a readable copy of a file that needs one stays, for the next
run.
"""

from __future__ import annotations

import functools
import itertools
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import jinja2
from rich.console import Console
from rich.table import Table

from targeted_lists.check.forecast import Forecast, make_forecast
from targeted_lists.check.model_sql import ModelError, Models
from targeted_lists.common.commands import command
from targeted_lists.common.console import say
from targeted_lists.common.files import first_line
from targeted_lists.common.folders import STATE_FOLDER
from targeted_lists.common.outcome import Outcome, as_records
from targeted_lists.common.project import project_path, read_contract, read_project, search_path
from targeted_lists.inputs.contacts import give_contacts
from targeted_lists.inputs.dataset_folder import SETTINGS_FILE
from targeted_lists.inputs.dataset_rows import describe_dataset_rows_json, find_dataset_rows
from targeted_lists.inputs.layouts import Layout, layout_of
from targeted_lists.inputs.raw_files import Dataset, describe_inputs_json, find_inputs
from targeted_lists.inputs.readable import InputError
from targeted_lists.inputs.seeds import find_seed_fault
from targeted_lists.saved.salt import SAMPLE, give_salt, make_salt, read_salt

FAULTS_SHOWN = 10
# Of an input; a reason may name the customer, so there may be as many as rows.
REASONS_SHOWN = 12


@dataclass(frozen=True)
class InputSummary:
    """What is in the files of one input, as staging reads them.

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
) -> Outcome:
    """Print what is in a folder and what a run will make of it.

    Returns
    -------
    Whether a run can go (`is_done`), `faults` and `warnings` in sentences, the command to run
    `next`, and where the files can be read `inputs`, `order_lines`, `other_rows`,
    `ignored_files`.
    """
    console = Console()
    requested = {**(variables or {}), "dataset": dataset, "data_dir": str(data_dir)}
    contract = read_contract()
    try:
        layout = layout_of(adapter, contract)
        found = find_inputs(data_dir, dataset, layout)
        find_dataset_rows(data_dir / dataset, adapter, requested.get("lists"))
    except InputError as error:
        return refuse(console, str(error), requested)
    if (fault := find_seed_fault()) is not None:
        return refuse(console, fault, requested)
    with tempfile.TemporaryDirectory() as spilled, duckdb.connect() as connection:
        connection.execute("set temp_directory = ?", [spilled])
        models = open_models(connection, {**requested, "adapter": adapter})
        try:
            for path in sorted(project_path(f"models/staging/{adapter}").glob("*.sql")):
                models.build(path.stem)
            tables = staged_inputs(connection, adapter)
            if tables.keys() >= layout.inputs.keys():
                # Files that each feed several inputs are validated once, as the files they are.
                tables = {name: tables[name] for name in layout.inputs}
            summaries = [
                summarise_input(connection, name, tables, found, layout) for name in layout.inputs
            ]
            faults = list_faults(models, tables)
            conformed = read_project()["vars"]["input_contract"]
            equal_lines = count_equal_lines(connection, tables, conformed)
            forecast = make_forecast(models)
        except (duckdb.Error, ModelError, jinja2.TemplateError) as error:
            # DuckDB's name for what the SQL function error() raises.
            cause = first_line(error).removeprefix("Invalid Input Error: ")
            return refuse(console, cause, requested)
    show_inputs(console, summaries)
    show_faults(console, faults)
    show_equal_lines(console, equal_lines, found.settings.equal_lines)
    for name in found.ignored_files:
        say(console, f"{name} is no file of an input; it is ignored.")
    outcome = show_forecast(console, forecast, requested)
    details = {
        "inputs": [vars(summary) for summary in summaries],
        "order_lines": as_records(
            ("decision", "reason", "lines", "amount", "share"), forecast.lines
        ),
        "other_rows": as_records(("input", "decision", "reason", "rows"), forecast.others),
        "ignored_files": found.ignored_files,
        "notes": forecast.notes,
    }
    return Outcome({**outcome.data, **details}, outcome.is_done)


def open_models(connection: duckdb.DuckDBPyConnection, variables: dict[str, Any]) -> Models:
    """Give a connection what the models need, and return those."""
    # SQL reads files of the project, such as seeds/code_labels.csv.
    connection.execute("set file_search_path = ?", [search_path()])
    if threads := os.environ.get("DUCKDB_THREADS"):
        connection.execute(f"set threads = {int(threads)}")
    if limit := os.environ.get("DUCKDB_MEMORY_LIMIT"):
        connection.execute("set memory_limit = ?", [limit])
    # A folder is described once, however many models need it.
    describe: Callable[..., str] = functools.cache(describe_inputs_json)
    connection.create_function(
        "describe_inputs", describe, ["VARCHAR"] * 4, "VARCHAR", side_effects=True
    )
    own: Callable[..., str] = functools.cache(describe_dataset_rows_json)
    connection.create_function(
        "describe_dataset_rows", own, ["VARCHAR"] * 4, "VARCHAR", side_effects=True
    )
    # Counts of rows and faults are the same with any salt, but for those of the erased whom only
    # the state remembers.
    salt = functools.partial(read_salt, str(variables.get("dataset", SAMPLE)), folder=STATE_FOLDER)
    give_salt(connection, functools.cache(lambda: salt() or make_salt()))
    give_contacts(connection)
    return Models(connection, variables)


def refuse(console: Console, sentence: str, requested: dict[str, object]) -> Outcome:
    """Print why a run cannot go."""
    say(console, sentence, style="red")
    then = again("check", requested)
    say(console, f"Not ready; when that is done: {then}")
    return Outcome({"faults": [sentence], "warnings": [], "next": then}, is_done=False)


def again(verb: str, requested: dict[str, Any]) -> str:
    """Return a command for the same dataset and the same vars."""
    named = {name: requested[name] for name in ("dataset", "data_dir")}
    further = {name: value for name, value in requested.items() if name not in named}
    return command(verb, **named, variables=further)


def show_forecast(console: Console, forecast: Forecast, requested: dict[str, object]) -> Outcome:
    """Print what a run will make of the rows, and whether it can go."""
    if forecast.lines:
        table = Table(title="What becomes of the order lines", title_justify="left")
        for heading in ("decision", "reason"):
            table.add_column(heading, overflow="fold")
        for heading in ("lines", "share", "amount"):
            table.add_column(heading, justify="right", no_wrap=True)
        for decision, reason, lines, amount, share in forecast.lines[:REASONS_SHOWN]:
            money = "" if amount is None else f"{amount:,.2f}"
            table.add_row(decision, reason, f"{lines:,}", f"{share:.1%}", money)
        if rest := forecast.lines[REASONS_SHOWN:]:
            lines = sum(row[2] for row in rest)
            share = sum(row[4] for row in rest)
            money = f"{sum(row[3] or 0 for row in rest):,.2f}"
            table.add_row("", f"{len(rest):,} other reasons", f"{lines:,}", f"{share:.1%}", money)
        console.print(table)
    if forecast.others:
        table = Table(title="What becomes of the other rows", title_justify="left")
        for heading in ("input", "decision", "reason"):
            table.add_column(heading, overflow="fold")
        table.add_column("rows", justify="right", no_wrap=True)
        for name, group in itertools.groupby(forecast.others, key=lambda row: row[0]):
            reasons = list(group)
            for _, decision, reason, rows in reasons[:REASONS_SHOWN]:
                table.add_row(name, decision, reason, f"{rows:,}")
            if rest := reasons[REASONS_SHOWN:]:
                rows = sum(row[3] for row in rest)
                table.add_row(name, "", f"{len(rest):,} other reasons", f"{rows:,}")
        console.print(table)
    for note in forecast.notes:
        say(console, note)
    if forecast.fault:
        return refuse(console, forecast.fault, requested)
    for warning in forecast.warnings:
        say(console, warning, style="yellow")
    count = len(forecast.warnings)
    matters = "see the sentence above" if count == 1 else f"see the {count} sentences above"
    verdict = f"Ready, but {matters}" if count else "Ready"
    then = again("lists", requested)
    say(console, f"{verdict}: {then}")
    return Outcome({"faults": [], "warnings": forecast.warnings, "next": then})


@dataclass(frozen=True)
class StagedTable:
    """A staging table that validates its rows, qualified, with its first column of dates."""

    name: str
    date: str | None


def staged_inputs(connection: duckdb.DuckDBPyConnection, adapter: str) -> dict[str, StagedTable]:
    """Return the staging tables that validate their rows, by input, whatever their schema."""
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
    names = {column for file in files for column in file.places}
    further = read_project()["vars"].get("order_line_extras") if name == "order_lines" else None
    wanted = [column for column in columns if column in names or column not in (further or ())]
    ignored = {
        heading.lower()
        for file in files
        for place, heading in enumerate(file.columns)
        if not any(
            place in file.places[column] for column in names & columns.keys() & set(file.places)
        )
    }
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
        matched=[column for column in wanted if column in names],
        missing=[column for column in wanted if column not in names] if files else [],
        ignored=sorted(ignored),
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


def list_faults(models: Models, tables: dict[str, StagedTable]) -> list[tuple[str, int, str]]:
    """Return (file, row, fault) of the first rows of each input that will not be accepted."""
    return [
        row
        for table in tables.values()
        for row in models.fetch(
            f"""
            select source_file, source_row, source_fault
            from {table.name}
            where source_fault is not null
            order by {{{{ file_order('source_file') }}}}, source_row
            limit {FAULTS_SHOWN}
            """
        )
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
                f"otherwise, say how in {SETTINGS_FILE} next to it.",
                style="red",
            )
    absent = [summary.name for summary in summaries if not summary.files]
    if absent:
        say(console, f"Not there, so empty: {', '.join(absent)}.")


def show_faults(console: Console, faults: list[tuple]) -> None:
    """Print the first rows that go to the ledger, with what is wrong with them."""
    if not faults:
        return
    table = Table(title="Rows that will be rejected (the first of each input)")
    for heading in ("file", "row", "fault"):
        table.add_column(heading, overflow="fold")
    for file, row, fault in faults:
        table.add_row(file, str(row), fault)
    console.print(table)
