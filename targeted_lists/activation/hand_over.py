"""The commands that look at one list or hand it over: preview, members, export."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from targeted_lists.activation.export import ExportError, export_list
from targeted_lists.activation.export_file import Order
from targeted_lists.common.console import say
from targeted_lists.common.folders import PUBLISHED_FOLDER, STATE_FOLDER
from targeted_lists.common.project import read_project
from targeted_lists.saved.tables import read_latest

PREVIEW = """
    select contact_cap, depth, capacity, eligible, members, control_and_holdout, expected_value,
        planned_cost, is_as_defined
    from targeting.list_previews
    where list_name = ?
    order by contact_cap, not is_as_defined, depth = 'as defined', capacity, depth
"""


def hand_over(options: argparse.Namespace, variables: dict[str, object]) -> int:
    """Run one of the commands and return its exit code."""
    console = Console()
    try:
        if options.command == "preview":
            show_preview(options.dataset, options.list_name, console)
        elif options.command == "members":
            show_members(options.dataset, options.list_name, options.as_of, console)
        else:
            order = Order(
                dataset=options.dataset,
                list_name=options.list_name,
                target=options.target,
                country=read_country(variables),
                used_on=options.on,
                has_proofs=options.proofs,
            )
            say(console, export_list(order))
    except ExportError as error:
        say(console, str(error), style="red")
        return 1
    return 0


def read_country(variables: dict[str, object]) -> str:
    """Return the var `default_country`: that of the command, else that of the project."""
    project = read_project()
    return str(variables.get("default_country", project["vars"]["default_country"])).upper()


def show_preview(dataset: str, list_name: str, console: Console) -> None:
    """Print how large and how valuable a list would be under other caps and capacities.

    Raises
    ------
    ExportError : nothing is published, or there is no such list.
    """
    path = PUBLISHED_FOLDER / f"{dataset}.duckdb"
    rows = query_published(path, PREVIEW, list_name)
    if not rows:
        there = query_published(path, "select distinct list_name from targeting.list_previews")
        raise ExportError(f"{refuse_list(list_name, [name for (name,) in there])} in {path}.")
    table = Table(title=f"{list_name} under other caps and capacities", title_justify="left")
    table.add_column("cap", justify="right")
    table.add_column("depth", no_wrap=True)
    for heading in ("capacity", "eligible", "members", "control and holdout", "value", "cost"):
        table.add_column(heading, justify="right")
    for cap, depth, *sizes, value, cost, is_as_defined in rows:
        table.add_row(
            str(cap),
            depth,
            *[f"{size:,}" for size in sizes],
            "" if value is None else f"{value:,.2f}",
            f"{cost:,.2f}",
            style="bold" if is_as_defined else None,
        )
    console.print(table)


def show_members(dataset: str, list_name: str, as_of: date | None, console: Console) -> None:
    """Print a list as the last run up to a day made it, from what was saved then.

    Raises
    ------
    ExportError : no run was saved up to that day, or the list had nobody.
    """
    saved = read_latest(dataset, "list_members", as_of_date=as_of or date.max)
    path = PUBLISHED_FOLDER / f"{dataset}.duckdb"
    if path.exists():
        there = query_published(path, "select list_name from lists.list_catalog")
        names = {name for (name,) in there} | (
            {*saved["list_name"]} if saved is not None else set()
        )
        if list_name not in names:
            raise ExportError(f"{refuse_list(list_name, names)}.")
    rows = None if saved is None else saved[saved["list_name"] == list_name]
    if rows is None or rows.empty:
        raise ExportError(
            f"{STATE_FOLDER / dataset / 'list_members'} has nobody in {list_name!r} as of "
            f"{as_of or 'any day'}; only whole, tested runs are kept."
        )
    for member in rows.sort_values("rank").itertuples():
        say(console, f"{member.rank:5}  {member.customer_id}  {member.offer}  ({member.reason})")


def refuse_list(list_name: str, names: Iterable[str]) -> str:
    """Return the words for a list that is not there."""
    return f"There is no list {list_name!r}; there are {', '.join(sorted(names)) or 'none'}"


def query_published(path: Path, sql: str, *parameters: object) -> list[tuple]:
    """Return the rows of a query on the published file.

    Raises
    ------
    ExportError : it is not there, or lacks the table.
    """
    if not path.exists():
        raise ExportError(f"{path} is not there; run `make lists DATASET={path.stem}`.")
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(sql, list(parameters)).fetchall()
    except duckdb.Error as error:
        raise ExportError(f"{path} cannot be read ({str(error).splitlines()[0]}).") from error
