"""Handing a list over: a file for one tool, whole or not at all, and a record of both arms.

The members are those of the published file, or those that the campaign froze at its first
export. Customers who have withdrawn since, or have turned out to be another member, are left out
of the file (export_file.py) and stay in the record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from targeted_lists.activation.export_file import (
    TARGETS,
    Order,
    Rows,
    csv_text,
    describe_left_out,
    write_rows,
)
from targeted_lists.common import files
from targeted_lists.common.commands import command
from targeted_lists.common.folders import (
    EXPORT_FOLDER,
    PUBLISHED_FOLDER,
    STATE_FOLDER,
    WAREHOUSE_FOLDER,
)
from targeted_lists.common.locks import explain_lock
from targeted_lists.common.outcome import UserError
from targeted_lists.common.sql import literal
from targeted_lists.common.units import read_unit
from targeted_lists.saved.campaigns import (
    MANIFEST,
    campaign_writers,
    campaigns_folder,
    hash_list,
    name_campaign,
    read_campaign,
)
from targeted_lists.saved.tables import open_state


class ExportError(UserError):
    """The list is not exported, and nothing has changed; the message is one sentence."""


@dataclass(frozen=True)
class Places:
    """Where an export reads and writes; paths from the project's folder."""

    published: Path = PUBLISHED_FOLDER
    warehouse: Path = WAREHOUSE_FOLDER
    state: Path = STATE_FOLDER
    exports: Path = EXPORT_FOLDER


def export_list(order: Order, *, places: Places = Places()) -> str:
    """Write the file, its manifest and the campaign's record; return what was done in words.

    Raises
    ------
    ExportError : the list must not or cannot be exported; no file and no record has changed.
    """
    if order.target not in TARGETS:
        raise ExportError(
            f"{order.target!r} is no target; take one of {', '.join(sorted(TARGETS))}."
        )
    try:
        # No run begins while the working database is open.
        with open_databases(order.dataset, places) as connection:
            if not (places.state / order.dataset).exists():
                # What is refused leaves no trace, not even an empty state.
                prepare(connection, order, places)
            with open_state(order.dataset, folder=places.state, exports=places.exports):
                return write_export(order, places, prepare(connection, order, places))
    except OSError as error:
        raise ExportError(
            f"{places.state / order.dataset} cannot be used ({files.first_line(error)}); nothing "
            "has changed: fix that and export again."
        ) from error


@dataclass(frozen=True)
class Prepared:
    """What is to be written: the campaign with both arms, its folder, and the file's rows.

    Attributes
    ----------
    units : currency and time zone of the dataset; None where they are not known.
    """

    record: Path
    campaign: pd.DataFrame
    assignments: pd.DataFrame
    rows: Rows
    used_on: date
    units: dict[str, str | None]


def prepare(connection: duckdb.DuckDBPyConnection, order: Order, places: Places) -> Prepared:
    """Read what an export writes; refuse what must not or cannot be exported.

    Raises
    ------
    ExportError : says why.
    """
    listed = find_list(connection, order)
    used_on = order.used_on or listed["as_of_date"]
    record = campaigns_folder(order.dataset, places.state) / listed["campaign_id"]
    campaign, assignments = read_campaign(record) or freeze(connection, listed, used_on)
    refuse_outside_validity(campaign, used_on)
    try:
        rows = write_rows(connection, order, listed, assignments)
    except duckdb.CatalogException as error:
        raise ExportError(
            f"{places.warehouse / order.dataset}.duckdb was made by an earlier version "
            f"({files.first_line(error)}); run `{command('lists', dataset=order.dataset)}`."
        ) from error
    target = TARGETS[order.target]
    if rows.customers < target.minimum:
        raise ExportError(
            f"{order.list_name} has {rows.customers} customers that {order.target} could take, "
            f"and it takes no fewer than {target.minimum}{describe_left_out(rows)}."
        )
    return Prepared(record, campaign, assignments, rows, used_on, read_units(connection))


def write_export(order: Order, places: Places, prepared: Prepared) -> str:
    """Write what was prepared into a state that is held; return what was done in words."""
    campaign, rows = prepared.campaign, prepared.rows
    is_new = order.target not in campaign["exported_to"].item().split("; ")
    if is_new:
        campaign["exported_to"] = "; ".join(
            filter(None, [campaign["exported_to"].item(), order.target])
        )
    manifest = describe(order, campaign, rows, prepared.used_on) | prepared.units
    name = f"{prepared.record.name}_{order.target}"
    file = places.exports / order.dataset / name / f"{name}.csv"
    try:
        files.replace_together(
            places.state / order.dataset,
            {
                **campaign_writers(prepared.record, campaign, prepared.assignments),
                file: lambda path: files.write_text(path, csv_text(rows)),
                file.with_name(MANIFEST): lambda path: files.write_text(
                    path, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
                ),
            },
        )
    except files.UnfinishedError as error:
        raise ExportError(
            f"{file.parent} is decided, but not all of it is in its place "
            f"({files.first_line(error)}); fix that, and the next command finishes it."
        ) from error
    except (OSError, duckdb.Error) as error:
        raise ExportError(
            f"{file.parent} could not be written ({files.first_line(error)}); nothing has "
            "changed: fix that and export again."
        ) from error
    coverage = ", ".join(f"{kind} {share:.1%}" for kind, share in rows.coverage.items())
    return (
        f"{file}: {rows.customers} customers of {order.list_name} for {order.target} "
        f"({coverage}), to be used until {manifest['valid_until']}{describe_left_out(rows)}."
    )


@contextmanager
def open_databases(dataset: str, places: Places) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the published file as `published` and the working database as `working`."""
    paths = {
        "published": places.published / f"{dataset}.duckdb",
        "working": places.warehouse / f"{dataset}.duckdb",
    }
    with duckdb.connect() as connection:
        for name, path in paths.items():
            if not path.exists():
                raise ExportError(
                    f"{path} is not there; run `{command('lists', dataset=dataset)}`."
                )
            try:
                connection.execute(f"attach {literal(path)} as {name} (read_only)")
            except duckdb.Error as error:
                raise ExportError(
                    explain_lock(str(error))
                    or f"{path} cannot be opened ({files.first_line(error)}); run "
                    f"`{command('lists', dataset=dataset)}`."
                ) from error
        yield connection


def find_list(connection: duckdb.DuckDBPyConnection, order: Order) -> dict[str, Any]:
    """Return the list's row of the catalogue; refuse what must not leave the house."""
    names = [
        name
        for (name,) in connection.execute(
            "select list_name from published.lists.list_catalog order by list_name"
        ).fetchall()
    ]
    if order.list_name not in names:
        raise ExportError(f"There is no list {order.list_name!r}; there are {', '.join(names)}.")
    row = connection.execute(
        """
        select catalog.is_stopped, catalog.stop_reason, runs.as_of_date, runs.definition_hash,
            (
                select count(*) from published.lists.list_members as members
                where members.list_name = catalog.list_name
                    and members.consent_basis <> 'granted'
            ) as unconsented,
            (
                select count(*) from published.lists.list_members as members
                where members.list_name = catalog.list_name
                    and members.reachability <> 'reachable'
            ) as unaddressed
        from published.lists.list_catalog as catalog
        inner join published.lists.list_runs as runs
            on catalog.list_name = runs.list_name
            and runs.as_of_date = (select as_of_date from published.main.publication)
        where catalog.list_name = ?
        """,
        [order.list_name],
    ).fetchone()
    if row is None:
        raise ExportError(f"The published lists have no as-of date; run `{command('lists')}`.")
    is_stopped, stop_reason, as_of_date, definition_hash, unconsented, unaddressed = row
    if is_stopped:
        raise ExportError(f"{order.list_name} is stopped: {stop_reason}.")
    if unconsented:
        raise ExportError(
            f"{order.list_name} holds {unconsented} customers whose consent is not recorded; "
            "without consents nothing is exported."
        )
    if unaddressed:
        raise ExportError(
            f"{order.list_name} holds {unaddressed} customers of whom no address is recorded; "
            "without addresses nothing is exported."
        )
    return {
        "list_name": order.list_name,
        "as_of_date": as_of_date,
        "definition_hash": definition_hash,
        "campaign_id": name_campaign(order.list_name, as_of_date),
    }


def read_units(connection: duckdb.DuckDBPyConnection) -> dict[str, str | None]:
    """Return what the published file says of its amounts and times, for the manifest.

    A file for an advertising platform has neither, and its format takes no further columns.
    """
    return {name: read_unit(connection, name, "published") for name in ("currency", "time_zone")}


def freeze(
    connection: duckdb.DuckDBPyConnection, listed: dict[str, Any], used_on: date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the campaign and both its arms, as the published list has them."""
    assignments = connection.execute(
        """
        select
            decisions.customer_id,
            decisions.arm,
            decisions.stratum,
            decisions.channel,
            members.offer,
            members.offer_basis,
            coalesce(members.product_id, decisions.product_id) as product_id,
            decisions.rank,
            cast(decisions.expected_value as double) as expected_value,
            cast(decisions.control_share as double) as control_share,
            members.valid_until
        from published.targeting.list_decisions as decisions
        left join published.lists.list_members as members
            on decisions.list_name = members.list_name
            and decisions.customer_id = members.customer_id
        where decisions.is_in
            and decisions.list_name = ?
        order by decisions.rank
        """,
        [listed["list_name"]],
    ).df()
    assignments["campaign_id"] = listed["campaign_id"]
    members = assignments[assignments["arm"] == "treatment"]
    campaign = pd.DataFrame(
        [
            {
                **listed,
                "channels": " ".join(sorted(members["channel"].unique())),
                "exported_to": "",
                "list_hash": hash_list(listed["definition_hash"], members["customer_id"]),
                "members": len(members),
                "controls": len(assignments) - len(members),
                "erased_customers": 0,
                "as_of_date": pd.Timestamp(listed["as_of_date"]),
                "started_date": pd.Timestamp(used_on),
                "valid_until": members["valid_until"].max(),
            }
        ]
    )
    return campaign, assignments


def refuse_outside_validity(campaign: pd.DataFrame, used_on: date) -> None:
    """Raise `ExportError` where the list is used before it was made or after it has expired."""
    first, last = campaign["as_of_date"].item().date(), campaign["valid_until"].item().date()
    if not first <= used_on <= last:
        raise ExportError(
            f"{campaign['list_name'].item()} may be used from {first} to {last}, not on "
            f"{used_on}; make a new list: `{command('lists')}`."
        )


def describe(order: Order, campaign: pd.DataFrame, rows: Rows, used_on: date) -> dict[str, Any]:
    """Return what the manifest next to the file says; it names customers by key alone."""
    row = campaign.iloc[0]
    return {
        "campaign_id": row["campaign_id"],
        "list_name": row["list_name"],
        "target": order.target,
        "as_of_date": str(row["as_of_date"].date()),
        "used_on": str(used_on),
        "valid_until": str(row["valid_until"].date()),
        "list_hash": row["list_hash"],
        "members_frozen": int(row["members"]),
        "controls_frozen": int(row["controls"]),
        "erased_customers": int(row["erased_customers"]),
        "customers_in_file": rows.customers,
        "proofs_in_file": len(rows.lines) - rows.customers,
        "minimum_customers": TARGETS[order.target].minimum,
        "key_coverage": rows.coverage,
        "left_out": rows.left_out,
    }
