"""The commands that look at one list: preview and members. They need DuckDB alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from targeted_lists.common.commands import command
from targeted_lists.common.console import say
from targeted_lists.common.folders import PUBLISHED_FOLDER, STATE_FOLDER
from targeted_lists.common.outcome import Outcome, UserError, as_records
from targeted_lists.common.units import in_currency, read_unit
from targeted_lists.saved.tables import find_latest

PREVIEWED = (
    *("contact_cap", "depth", "capacity", "eligible", "members", "control_and_holdout"),
    *("expected_value", "planned_cost", "is_as_defined"),
)
PREVIEW = f"""
    select {", ".join(PREVIEWED)}
    from targeting.list_previews
    where list_name = ?
    order by contact_cap, not is_as_defined, depth = 'as defined', capacity, depth
"""
MEMBER = ("rank", "customer_id", "offer", "reason")
MEMBERS = f"""
    select {", ".join(MEMBER)}
    from saved
    where list_name = ?
    order by rank
"""
SAVED_LISTS = "select distinct list_name from saved"


class LookError(UserError):
    """There is no such list to look at; the message is one sentence."""


def show_preview(dataset: str, list_name: str) -> Outcome:
    """Print how large and how valuable a list would be under other caps and capacities.

    Returns
    -------
    `previews` (a row for each).

    Raises
    ------
    LookError : nothing is published, or there is no such list.
    """
    path = PUBLISHED_FOLDER / f"{dataset}.duckdb"
    rows = query_published(path, PREVIEW, list_name)
    if not rows:
        there = query_published(path, "select distinct list_name from targeting.list_previews")
        raise LookError(f"{refuse_list(list_name, [name for (name,) in there])} in {path}.")
    table = Table(title=f"{list_name} under other caps and capacities", title_justify="left")
    table.add_column("cap", justify="right")
    table.add_column("depth", no_wrap=True)
    with duckdb.connect(str(path), read_only=True) as connection:
        currency = read_unit(connection, "currency")
    money = [in_currency(heading, currency) for heading in ("value", "cost")]
    for heading in ("capacity", "eligible", "members", "control and holdout", *money):
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
    Console().print(table)
    return Outcome({"previews": as_records(PREVIEWED, rows)})


def show_members(dataset: str, list_name: str, as_of: date | None) -> Outcome:
    """Print a list as the last run up to a day made it, from what was saved then.

    Returns
    -------
    `members` (a row for each).

    Raises
    ------
    LookError : no run was saved up to that day, or the list had nobody.
    """
    saved = find_latest(dataset, "list_members", as_of_date=as_of or date.max)
    path = PUBLISHED_FOLDER / f"{dataset}.duckdb"
    if path.exists():
        there = query_published(path, "select list_name from lists.list_catalog")
        names = {name for (name,) in [*there, *query_saved(saved, SAVED_LISTS)]}
        if list_name not in names:
            raise LookError(f"{refuse_list(list_name, names)}.")
    elif saved is None:
        make = command("lists", dataset=dataset)
        raise LookError(f"{path} is not there, and no run was saved; run `{make}`.")
    rows = query_saved(saved, MEMBERS, list_name)
    if not rows:
        raise LookError(
            f"{STATE_FOLDER / dataset / 'list_members'} has nobody in {list_name!r} as of "
            f"{as_of or 'any day'}; only whole, tested runs are kept."
        )
    console = Console()
    for rank, customer_id, offer, reason in rows:
        say(console, f"{rank:5}  {customer_id}  {offer}  ({reason})")
    return Outcome({"members": as_records(MEMBER, rows)})


def refuse_list(list_name: str, names: Iterable[str]) -> str:
    """Return the words for a list that is not there."""
    return f"There is no list {list_name!r}; there are {', '.join(sorted(names)) or 'none'}"


def query_published(path: Path, sql: str, *parameters: object) -> list[tuple]:
    """Return the rows of a query on the published file.

    Raises
    ------
    LookError : it is not there, or lacks the table.
    """
    if not path.exists():
        raise LookError(f"{path} is not there; run `{command('lists', dataset=path.stem)}`.")
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(sql, list(parameters)).fetchall()
    except duckdb.Error as error:
        raise LookError(f"{path} cannot be read ({str(error).splitlines()[0]}).") from error


def query_saved(path: Path | None, sql: str, *parameters: object) -> list[tuple]:
    """Return the rows of a query on a saved file as `saved`; none where nothing was saved."""
    if path is None:
        return []
    with duckdb.connect() as connection:
        saved = connection.from_parquet(str(path))  # noqa: F841 (the query names it)
        return connection.execute(sql, list(parameters)).fetchall()
