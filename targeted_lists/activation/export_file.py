"""The file of an export: who is in it, and each line as the receiving tool wants it.

Contacts are joined here alone. Each permission is checked again in the working database:
customers who have withdrawn since are left out, and who has turned out since to be another
member, a control or held out. Each address is written once.
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
from targeted_lists.inputs.contacts import clean_email, clean_phone, contact_address

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
    persons = find_persons(connection, assignments)
    people = find_contacts(connection, listed, order.country)
    forbidden = find_forbidden(connection)
    left_out: dict[str, list[str]] = {}
    lines, found = [], {"email": 0, "phone": 0}
    written: set[str] = set()
    for member in members.itertuples():
        person, cause = persons[member.customer_id]
        contact = people.get(person) if cause is None else None
        channels = contact["channels"] if contact else []
        if order.target == "csv":
            channels = [one for one in channels if one == member.channel]
        permitted = sorted({ADDRESS[one] for one in channels})
        usable = {kind: contact[kind] for kind in permitted if contact[kind]}
        if cause is None and not usable:
            cause = f"malformed {' and '.join(permitted)}" if permitted else "no permission now"
        for kind in list(usable):
            # Two texts may mean one mailbox.
            address = contact_address(usable[kind], order.country) or usable[kind]
            objection = forbidden.get((person, kind))
            if objection or address in written:
                cause = objection or "same address"
                del usable[kind]
            else:
                written.add(address)
        if not usable:
            left_out.setdefault(cause, []).append(member.customer_id)
            continue
        for kind in usable:
            found[kind] += 1
        lines.append(write_line(order.target, member, usable, contact))
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


def find_persons(
    connection: duckdb.DuckDBPyConnection, assignments: pd.DataFrame
) -> dict[str, tuple[str, str | None]]:
    """Return of each key of a frozen list the person of today, and why it is not written to.

    Keys that were two persons then are written to once: by the key that names the person, else by
    the smallest, whose arm is the person's (int_assignments_exported). The temporary table
    `assigned` holds them for the functions below.
    """
    connection.execute(
        """
        create or replace temp table assigned as
        with frozen as (
            select unnest(?::varchar[]) as customer_id, unnest(?::varchar[]) as arm
        ),
        persons as (
            select
                frozen.customer_id as customer_key,
                coalesce(persons.customer_id, frozen.customer_id) as customer_id,
                frozen.arm
            from frozen
            left join working.intermediate.int_customer_persons as persons
                on frozen.customer_id = persons.customer_key
        )
        select
            customer_key,
            customer_id,
            first_value(arm) over keys as arm,
            row_number() over keys as place
        from persons
        window keys as (
            partition by customer_id
            order by customer_key <> customer_id, customer_key
        )
        """,
        [assignments["customer_id"].tolist(), assignments["arm"].tolist()],
    )
    rows = connection.execute(
        """
        select
            assigned.customer_key,
            assigned.customer_id,
            case
                when assigned.arm <> 'treatment' then 'control by another key'
                when assigned.place > 1 then 'same person'
                when holdout.customer_id is not null then 'held out now'
            end as cause
        from assigned
        left join working.targeting.holdout_customers as holdout
            on assigned.customer_id = holdout.customer_id
        """
    ).fetchall()
    return {key: (customer, cause) for key, customer, cause in rows}


def find_forbidden(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """Return why an address is not written to, by customer and kind of address.

    The steps of a list look at the address of its channel; a file may hold the other one.
    """
    rows = connection.execute(
        """
        select customer_id, address, 'address of a control' as cause
        from working.targeting.shared_addresses
        where other_customer_id in (select customer_id from assigned where arm <> 'treatment')
        union all
        select customer_id, address, 'address of a customer who is held out' as cause
        from working.targeting.shared_addresses
        where is_other_held_out
        union all
        select contacts.customer_id, contacts.address, 'address of many customers' as cause
        from (
            unpivot (
                select customer_id, email_key as email, phone_key as phone
                from working.private.customer_contacts
                where customer_id in (select customer_id from assigned)
            )
            on email, phone
            into name address value address_key
        ) as contacts
        where contacts.address_key in (
            select address_key from working.intermediate.int_shared_addresses
        )
        order by all
        """
    ).fetchall()
    return {(customer, kind): cause for customer, kind, cause in rows}


def find_contacts(
    connection: duckdb.DuckDBPyConnection, listed: dict[str, Any], country: str
) -> dict[str, dict[str, Any]]:
    """Return each customer's clean contacts, those that may be used now, and personal fields."""
    rows = connection.execute(
        f"""
        with permitted as (
            select customer_id, list(channel order by channel) as channels
            from working.targeting.contact_permissions
            where customer_id in (select customer_id from assigned)
                and own_exclusion is null
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
