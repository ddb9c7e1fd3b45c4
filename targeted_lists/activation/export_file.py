"""The file of an export: who is in it, and each line as the receiving tool wants it.

Contacts are joined here alone. Each permission is checked again in the working database:
customers who have withdrawn since are left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import pandas as pd

from targeted_lists.activation import contacts
from targeted_lists.inputs.contacts import clean_email, clean_phone

PERSONAL = ["gender", "city", "country", "favourite_category"]
ADDRESS = {"email": "email", "sms": "phone", "phone": "phone"}


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


@dataclass
class Rows:
    """The file's rows, and who it leaves out.

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


def write_rows(
    connection: duckdb.DuckDBPyConnection,
    order: Order,
    listed: dict[str, Any],
    assignments: pd.DataFrame,
) -> Rows:
    """Join the treated to their contacts and leave out who must not be in the file."""
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
        "first_name",
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
            contacts.first_name, {", ".join(f"customers.{column}" for column in PERSONAL)}
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
            "email": clean_email(email),
            "phone": clean_phone(phone, country=country),
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
            "email": clean_email(email),
            "phone": clean_phone(phone, country=order.country),
        }
        if order.target != "csv":
            usable = {kind: contact for kind, contact in clean.items() if contact}
            lines.append(hash_line(TARGETS[order.target], usable))
            continue
        for channel in sorted(members["channel"].unique()):
            first = members[members["channel"] == channel].iloc[0]
            if contact := clean[ADDRESS[channel]]:
                texts = [contacts.as_text(first["offer"]), "", "", *[""] * len(PERSONAL)]
                lines.append([contacts.as_text(name), channel, contact, *texts])
    return lines


def describe_left_out(rows: Rows) -> str:
    """Return who the file leaves out, by cause and key."""
    return "".join(
        f"; {cause}: {', '.join(customers)}" for cause, customers in rows.left_out.items()
    )


def csv_text(rows: Rows) -> str:
    """Return the file's text."""
    text = io.StringIO()
    csv.writer(text).writerows([rows.header, *rows.lines])
    return text.getvalue()
