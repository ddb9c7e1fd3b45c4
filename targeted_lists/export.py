"""Handing a list over: a file for one tool, whole or not at all, and a record of both arms.

The members are those of the published file, or those that the campaign froze at its first
export; their contacts are joined here alone, and each permission is asked for again in the
working database: who has withdrawn since is left out of the file and stays in the record.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from targeted_lists import contacts, files
from targeted_lists.campaigns import (
    EXPORT_FOLDER,
    MANIFEST,
    campaign_writers,
    campaigns_folder,
    hash_list,
    name_campaign,
    read_campaign,
)
from targeted_lists.locks import explain_lock
from targeted_lists.publication import PUBLISHED_FOLDER, literal
from targeted_lists.state import STATE_FOLDER, open_state

WAREHOUSE_FOLDER = Path("warehouse")
PERSONAL = ["gender", "city", "country", "favourite_category"]
ADDRESS = {"email": "email", "sms": "phone", "phone": "phone"}


class ExportError(RuntimeError):
    """The list is not exported, and nothing has changed; the message is one sentence."""


@dataclass(frozen=True)
class Target:
    """A tool that takes a list.

    Attributes
    ----------
    headings : by kind of contact, the heading of its column.
    hashes : by kind of contact, what turns a clean contact into what the tool wants.
    minimum : fewest rows that the tool takes: Yandex Audience 100; Google and Meta serve no
        advertisement to fewer.
    """

    headings: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, Callable[[str], str]] = field(default_factory=dict)
    minimum: int = 1


TARGETS = {
    "csv": Target(),
    "google": Target(
        {"email": "Email", "phone": "Phone"},
        {"email": contacts.google_email, "phone": contacts.google_phone},
        100,
    ),
    "meta": Target(
        {"email": "email", "phone": "phone"},
        {"email": contacts.hash_contact, "phone": contacts.digits_phone},
        100,
    ),
    "yandex": Target(
        {"phone": "phone", "email": "email"},
        {"email": contacts.hash_contact, "phone": contacts.digits_phone},
        100,
    ),
}


@dataclass(frozen=True)
class Order:
    """What is to be exported.

    Attributes
    ----------
    target : csv, google, meta or yandex.
    country : two letters, of phone numbers written without a country.
    used_on : day on which the file will be used; the list's as-of date where None.
    has_proofs : whether the project's proof recipients are appended.
    """

    dataset: str
    list_name: str
    target: str
    country: str
    used_on: date | None = None
    has_proofs: bool = False


@dataclass(frozen=True)
class Places:
    """Where an export reads and writes; paths from the project's folder."""

    published: Path = PUBLISHED_FOLDER
    warehouse: Path = WAREHOUSE_FOLDER
    state: Path = STATE_FOLDER
    exports: Path = EXPORT_FOLDER


@dataclass
class Rows:
    """The file's rows, and whom it leaves out.

    Attributes
    ----------
    header, lines : as written.
    customers : how many of the lines are customers; the others are proofs.
    coverage : by kind of contact, the share of customers who have one.
    left_out : by cause, the keys of members who are not in the file.
    """

    header: list[str]
    lines: list[list[str]]
    customers: int
    coverage: dict[str, float]
    left_out: dict[str, list[str]]


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
    """What is to be written: the campaign with both arms, its folder, and the file's rows."""

    record: Path
    campaign: pd.DataFrame
    assignments: pd.DataFrame
    rows: Rows
    used_on: date


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
    rows = write_rows(connection, order, listed, assignments)
    target = TARGETS[order.target]
    if rows.customers < target.minimum:
        raise ExportError(
            f"{order.list_name} has {rows.customers} customers that {order.target} could take, "
            f"and it takes no fewer than {target.minimum}{describe_left_out(rows)}."
        )
    return Prepared(record, campaign, assignments, rows, used_on)


def write_export(order: Order, places: Places, prepared: Prepared) -> str:
    """Write what was prepared into a state that is held; return what was done in words."""
    campaign, rows = prepared.campaign, prepared.rows
    is_new = order.target not in campaign["exported_to"].item().split("; ")
    if is_new:
        campaign["exported_to"] = "; ".join(
            filter(None, [campaign["exported_to"].item(), order.target])
        )
    manifest = describe(order, campaign, rows, prepared.used_on)
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


def csv_text(rows: Rows) -> str:
    """Return the file's text."""
    text = io.StringIO()
    csv.writer(text).writerows([rows.header, *rows.lines])
    return text.getvalue()


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
                raise ExportError(f"{path} is not there; run `make lists DATASET={dataset}`.")
            try:
                connection.execute(f"attach {literal(path)} as {name} (read_only)")
            except duckdb.Error as error:
                raise ExportError(
                    explain_lock(str(error))
                    or f"{path} cannot be opened ({files.first_line(error)}); run "
                    f"`make lists DATASET={dataset}`."
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
        raise ExportError("The published lists have no as-of date; run `make lists`.")
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
            f"{used_on}; make a new list: `make lists`."
        )


def write_rows(
    connection: duckdb.DuckDBPyConnection,
    order: Order,
    listed: dict[str, Any],
    assignments: pd.DataFrame,
) -> Rows:
    """Join the treated to their contacts and leave out whom the file must not hold."""
    members = assignments[assignments["arm"] == "treatment"].sort_values("rank")
    people = find_contacts(connection, listed, order.country)
    left_out: dict[str, list[str]] = {}
    lines, found = [], {"email": 0, "phone": 0}
    for member in members.itertuples():
        person = people.get(member.customer_id)
        channels = person["channels"] if person else []
        if order.target == "csv":
            channels = [one for one in channels if one == member.channel]
        permitted = sorted({ADDRESS[one] for one in channels})
        usable = {kind: person[kind] for kind in permitted if person[kind]}
        if not usable:
            cause = f"malformed {' and '.join(permitted)}" if permitted else "no permission now"
            left_out.setdefault(cause, []).append(member.customer_id)
            continue
        for kind in usable:
            found[kind] += 1
        lines.append(write_line(order.target, member, usable, person))
    customers = len(lines)
    if order.has_proofs:
        lines += write_proofs(connection, order, members)
    target = TARGETS[order.target]
    if order.target != "csv":
        # By rank, a hash would tell what the shop thinks of its owner.
        lines.sort()
    header = list(target.headings.values()) or [
        "customer_id",
        "channel",
        "contact",
        "offer",
        "product_id",
        *PERSONAL,
    ]
    kinds = list(target.headings) or sorted({ADDRESS[one] for one in members["channel"]})
    coverage = {kind: found[kind] / customers if customers else 0.0 for kind in kinds}
    return Rows(header, lines, customers, coverage, left_out)


def find_contacts(
    connection: duckdb.DuckDBPyConnection, listed: dict[str, Any], country: str
) -> dict[str, dict[str, Any]]:
    """Return each customer's clean contacts, those that may be used now, and personal fields."""
    rows = connection.execute(
        f"""
        with permitted as (
            select customer_id, list(channel order by channel) as channels
            from working.targeting.contact_permissions
            where own_exclusion is null
                and consent_basis = 'granted'
                and consent_purpose = (
                    select any_value(consent_purpose)
                    from working.targeting.list_channels
                    where list_name = ?
                )
            group by customer_id
        )
        select permitted.customer_id, permitted.channels, contacts.email, contacts.phone,
            {", ".join(f"customers.{column}" for column in PERSONAL)}
        from permitted
        inner join working.private.customer_contacts as contacts
            on permitted.customer_id = contacts.customer_id
        left join working.core.dim_customers as customers
            on permitted.customer_id = customers.customer_id
        """,
        [listed["list_name"]],
    ).fetchall()
    return {
        customer: {
            "channels": channels,
            "email": contacts.clean_email(email),
            "phone": contacts.clean_phone(phone, country=country),
            "personal": [contacts.as_text(str(value or "")) for value in personal],
        }
        for customer, channels, email, phone, *personal in rows
    }


def write_line(target: str, member: Any, usable: dict[str, str], person: dict) -> list[str]:
    """Return a member's line of the file."""
    if target != "csv":
        return hash_line(TARGETS[target], usable)
    (contact,) = usable.values()
    product = "" if pd.isna(member.product_id) else member.product_id
    return [
        member.customer_id,
        member.channel,
        contact,
        contacts.as_text(member.offer),
        product,
        *person["personal"],
    ]


def hash_line(target: Target, usable: dict[str, str]) -> list[str]:
    """Return the hashes of the contacts that there are, in the order of the headings."""
    return [
        target.hashes[kind](usable[kind]) if kind in usable else "" for kind in target.headings
    ]


def write_proofs(
    connection: duckdb.DuckDBPyConnection, order: Order, members: pd.DataFrame
) -> list[list[str]]:
    """Return a line for each proof recipient; of a CSV one for each channel and recipient."""
    lines = []
    for name, email, phone in connection.execute(
        "select name, email, phone from working.seeds.proof_recipients order by name"
    ).fetchall():
        clean = {
            "email": contacts.clean_email(email),
            "phone": contacts.clean_phone(phone, country=order.country),
        }
        if order.target != "csv":
            usable = {kind: contact for kind, contact in clean.items() if contact}
            lines.append(hash_line(TARGETS[order.target], usable))
            continue
        for channel in sorted(members["channel"].unique()):
            first = members[members["channel"] == channel].iloc[0]
            if contact := clean[ADDRESS[channel]]:
                texts = [contacts.as_text(first["offer"]), "", *[""] * len(PERSONAL)]
                lines.append([contacts.as_text(name), channel, contact, *texts])
    return lines


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


def describe_left_out(rows: Rows) -> str:
    """Return whom the file leaves out, by cause and key."""
    return "".join(
        f"; {cause}: {', '.join(customers)}" for cause, customers in rows.left_out.items()
    )
