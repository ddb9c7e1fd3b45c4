"""Who is erased: every key and address of the persons that an erasure names, and later ones.

An erasure names a key, an e-mail or a phone, and means the person: from there it spreads from key
to key by the rules that make persons of keys (macros identity_links, keys_grouped), over the raw
files, before anything of them is stored. What is compared are salted hashes; they are also all
that is remembered (`state/DATASET/erased/`), so that later data of the same keys and addresses are
left out when the files no longer name anybody.

- An e-mail that is named erases every key that has it. So does a phone, unless it is of more keys
  than one person has (the var shared_contact_keys), or of keys with different e-mails: it is a
  counter's or a family's, names no single person, and erases nobody.
- An address of an erased person is erased with them where nobody else has it.
- A phone that is remembered of a person with an e-mail is not that of a key with another e-mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

HASHES, NAMED = "main.erased_hashes", "main.erasures_named"
# What outlasts the files: what was once somebody's. A slip of the pen in an erasure does not.
LASTING = f"select * from {HASHES} where kind <> 'text' and is_found order by all"
TABLES = f"""
    create or replace table {HASHES} (
        kind varchar, erased_hash varchar, has_email boolean, is_found boolean
    );
    create or replace table {NAMED} (kind varchar, outcome varchar, name_count bigint);
"""
TEMPORARY = (
    "named",
    "remembered",
    "contacts",
    "holders",
    "shared_addresses",
    "wanted",
    "reached",
    "customer_links",
    "key_contacts",
    "identity_links",
    "persons",
    "groups",
    "keys",
    "addresses",
    "shared_phones",
)


def find_erased(connection: duckdb.DuckDBPyConnection, *, request: Mapping[str, Any]) -> int:
    """Make the tables of who is erased, and of what the erasures name.

    `main.erased_hashes` has a row per kind and hash: of a key, an email, a phone, the hash of a
    contact, or a text, which is an address as a file has it. `main.erasures_named` counts
    the rows of the erasures (macro erasures_named).

    Parameters
    ----------
    request : of the macro erasure_request.

    Returns
    -------
    How many rows name a phone that is of no single person.
    """
    connection.execute("begin")
    try:
        connection.execute(TABLES)
        create(connection, "named", request["named"])
        create(connection, "remembered", request["remembered"])
        if holds(connection, "named") or holds(connection, "remembered"):
            read_contacts(connection, request)
            reach(connection, int(request["shared_contact_keys"]))
            group(connection, request)
            spread(connection)
            note(connection, is_by_contact=request["is_by_contact"])
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    finally:
        for name in TEMPORARY:
            connection.execute(f"drop table if exists temp.erasure_{name}")
    return connection.execute(
        f"select coalesce(sum(name_count), 0)::bigint from {NAMED} where outcome = 'shared'"
    ).fetchone()[0]


def describe_shared(rows: int) -> str:
    """Say that phones in the erasures are of several persons, and what to do."""
    return (
        f"{rows:,} rows of erasures name a phone of several persons, such as a counter's or a "
        "family's, so they erase nobody; name these customers by customer_id or email."
    )


def create(connection: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    """Create one of the temporary tables."""
    connection.execute(f"create or replace temp table erasure_{name} as {query}")


def holds(connection: duckdb.DuckDBPyConnection, name: str, condition: str = "true") -> bool:
    """Whether a temporary table has such a row."""
    found = connection.execute(f"select 1 from temp.erasure_{name} where {condition} limit 1")
    return found.fetchone() is not None


def read_contacts(connection: duckdb.DuckDBPyConnection, request: Mapping[str, Any]) -> None:
    """Read what keys and contacts there are, and find the addresses that are wanted."""
    has_hashes = (
        holds(connection, "named", "address_kind = 'hash'")
        or holds(connection, "remembered", "kind = 'hash'")
        or connection.execute(request["has_hashes"]).fetchone()[0]
    )
    create(connection, "contacts", request["contacts_with_hashes" if has_hashes else "contacts"])
    create(connection, "customer_links", request["customer_links"])
    create(connection, "persons", request["persons"])
    create(
        connection,
        "holders",
        """
        select distinct key_hash, address_hash, address_kind from erasure_contacts
        where is_holder and key_hash is not null and address_hash is not null
        """,
    )
    # A hash of a contact is the address that makes it, where there is one.
    create(
        connection,
        "wanted",
        f"""
        with wanted as (
            select address_kind as kind, erased_hash, false as has_email
            from erasure_named where address_kind is not null
            union all
            select kind, erased_hash, has_email from erasure_remembered where kind <> 'key'
        ),
        hashed as (
            select distinct unnest(text_hashes) as text_hash, address_hash, address_kind
            from erasure_contacts where {has_hashes}
        )
        select
            coalesce(hashed.address_kind, wanted.kind) as kind,
            coalesce(hashed.address_hash, wanted.erased_hash) as erased_hash,
            bool_or(wanted.has_email) as has_email
        from wanted
        left join hashed on wanted.kind = 'hash' and wanted.erased_hash = hashed.text_hash
        group by 1, 2
        """,
    )


def reach(connection: duckdb.DuckDBPyConnection, shared_contact_keys: int) -> None:
    """Find the keys that hang together, however loosely, with one that is named or remembered."""
    create(
        connection,
        "shared_addresses",
        f"""
        select address_hash as address_key from erasure_holders
        group by address_hash having count(*) > {shared_contact_keys}
        """,
    )
    create(
        connection,
        "reached",
        """
        select key_hash, 0 as round from (
            select unnest(key_hashes) as key_hash from erasure_named
            union
            select erased_hash from erasure_remembered where kind = 'key'
            union
            select key_hash from erasure_holders
            where address_hash in (select erased_hash from erasure_wanted)
        )
        """,
    )
    found, number = 1, 0
    while found:
        number += 1
        found = connection.execute(
            f"""
            insert into erasure_reached
            with last as (select key_hash from erasure_reached where round = {number - 1}),
            next as (
                select other.key_hash from last
                inner join erasure_holders as own using (key_hash)
                inner join erasure_holders as other using (address_hash)
                where address_hash not in (select address_key from erasure_shared_addresses)
                union
                select other_customer_id from erasure_customer_links
                where customer_id in (from last)
                union
                select customer_id from erasure_customer_links
                where other_customer_id in (from last)
                union
                select customer_id from erasure_persons where customer_key in (from last)
                union
                select customer_key from erasure_persons where customer_id in (from last)
            )
            select key_hash, {number} from next
            where key_hash not in (select key_hash from erasure_reached)
            """
        ).fetchone()[0]


def group(connection: duckdb.DuckDBPyConnection, request: Mapping[str, Any]) -> None:
    """Make persons of these keys, as identity does of all."""
    create(
        connection,
        "key_contacts",
        """
        select
            key_hash as customer_key,
            address_hash as address_key,
            address_kind,
            null::timestamp as first_at
        from erasure_holders where key_hash in (select key_hash from erasure_reached)
        """,
    )
    create(connection, "identity_links", request["identity_links"])
    create(
        connection,
        "groups",
        f"""
        with grouped as ({request["groups"]}),
        placed as (
            select reached.key_hash, coalesce(grouped.group_key, reached.key_hash) as group_hash
            from erasure_reached as reached
            left join grouped on reached.key_hash = grouped.customer_key
        ),
        mailed as (
            select distinct placed.group_hash
            from placed
            inner join erasure_key_contacts as contacts on placed.key_hash = contacts.customer_key
            where address_kind = 'email'
                and address_key not in (select address_key from erasure_shared_addresses)
        )
        select
            key_hash,
            group_hash,
            group_hash in (select group_hash from mailed) as has_email
        from placed
        """,
    )


def spread(connection: duckdb.DuckDBPyConnection) -> None:
    """Find the erased keys among them: those of every person of whom one is named."""
    # Who has a phone that is wanted, and whether that names one person.
    create(
        connection,
        "shared_phones",
        """
        select
            wanted.erased_hash,
            wanted.has_email,
            (
                wanted.erased_hash in (select address_key from erasure_shared_addresses)
                or count(distinct groups.group_hash) filter (groups.has_email) > 1
            ) as is_shared
        from erasure_wanted as wanted
        left join erasure_holders as holders on wanted.erased_hash = holders.address_hash
        left join erasure_groups as groups using (key_hash)
        where wanted.kind = 'phone'
        group by wanted.erased_hash, wanted.has_email
        """,
    )
    create(
        connection,
        "keys",
        """
        select unnest(key_hashes) as key_hash from erasure_named
        where named_in <> 'phone'
            or erased_hash not in (select erased_hash from erasure_shared_phones where is_shared)
        union
        select erased_hash from erasure_remembered where kind = 'key'
        union
        select key_hash from erasure_holders
        where address_hash in (select erased_hash from erasure_wanted where kind = 'email')
        union
        select holders.key_hash
        from erasure_holders as holders
        inner join erasure_shared_phones as phones on holders.address_hash = phones.erased_hash
        inner join erasure_groups as groups using (key_hash)
        where not phones.is_shared and not (phones.has_email and groups.has_email)
        """,
    )
    found = 1
    while found:
        found = connection.execute(
            """
            insert into erasure_keys
            with next as (
                select other.key_hash
                from erasure_keys
                inner join erasure_groups as own using (key_hash)
                inner join erasure_groups as other using (group_hash)
                union
                select customer_id from erasure_persons
                where customer_key in (select key_hash from erasure_keys)
                union
                select customer_key from erasure_persons
                where customer_id in (select key_hash from erasure_keys)
            )
            select key_hash from next where key_hash not in (select key_hash from erasure_keys)
            """
        ).fetchone()[0]


def note(connection: duckdb.DuckDBPyConnection, *, is_by_contact: bool) -> None:
    """Write down the hashes of the erased, and what became of what is named.

    Parameters
    ----------
    is_by_contact : whether an address makes one person of its keys.
    """
    create(
        connection,
        "addresses",
        f"""
        with held as (
            select
                holders.address_hash as erased_hash,
                any_value(holders.address_kind) as kind,
                bool_or(groups.has_email) as has_email,
                bool_and(holders.key_hash in (select key_hash from erasure_keys)) as is_theirs
            from erasure_holders as holders
            left join erasure_groups as groups using (key_hash)
            where holders.address_hash in (
                select address_hash from erasure_holders
                where key_hash in (select key_hash from erasure_keys)
                union all
                select erased_hash from erasure_wanted
            )
            group by holders.address_hash
        ),
        named as (
            select erased_hash, kind, has_email from erasure_wanted
            where kind = 'email'
                or erased_hash in (
                    select erased_hash from erasure_shared_phones where not is_shared
                )
        )
        select
            coalesce(held.erased_hash, named.erased_hash) as erased_hash,
            coalesce(held.kind, named.kind) as kind,
            coalesce(held.has_email, false) or coalesce(named.has_email, false) as has_email
        from held
        full join named on held.erased_hash = named.erased_hash
        where case
            when held.erased_hash is null then true
            else held.is_theirs and ({is_by_contact} or named.erased_hash is not null)
        end
        """,
    )
    connection.execute(
        f"""
        insert into {HASHES}
        with rows as (
            select kind, erased_hash, has_email, is_found from erasure_remembered
            union all
            select 'key', key_hash, false, key_hash in (
                select key_hash from erasure_contacts where is_known and key_hash is not null
                union all
                select customer_key from erasure_persons
            )
            from erasure_keys
            union all
            -- Keys that are such an address, and the address as files have it.
            select 'key', key_hash, false, true from erasure_contacts
            where address_hash in (select erased_hash from erasure_addresses)
                and not is_holder and key_hash is not null
            union all
            select 'text', unnest(text_hashes), false, true from erasure_contacts
            where address_hash in (select erased_hash from erasure_addresses)
            union all
            select kind, erased_hash, has_email, erased_hash in (
                select address_hash from erasure_contacts where address_hash is not null
            )
            from erasure_addresses
            union all
            select 'hash', erased_hash, false, erased_hash in (
                select unnest(text_hashes) from erasure_contacts where text_hashes is not null
            )
            from erasure_named where address_kind = 'hash'
        )
        select kind, erased_hash, bool_or(has_email), bool_or(is_found)
        from rows where erased_hash is not null
        group by kind, erased_hash
        """
    )
    connection.execute(
        f"""
        insert into {NAMED}
        with names as (
            select
                named.name_row,
                coalesce(
                    named.address_kind,
                    case when named.named_in = 'customer_id' then 'key' else 'none' end
                ) as kind,
                case
                    when named.erased_hash is null then 'none'
                    when named.address_kind = 'phone' and named.erased_hash in (
                        select erased_hash from erasure_shared_phones where is_shared
                    ) then 'shared'
                    when bool_or(hashes.is_found) then 'found'
                    else 'unknown'
                end as outcome
            from (
                select *, unnest(list_append(key_hashes, erased_hash)) as own_hash
                from erasure_named
            ) as named
            left join {HASHES} as hashes on named.own_hash = hashes.erased_hash
            group by named.name_row, named.named_in, named.address_kind, named.erased_hash
        ),
        -- Who is found by one name is found.
        outcomes as (
            select name_row, min_by(
                {{kind: kind, outcome: outcome}},
                (list_position(['found', 'shared', 'unknown', 'none'], outcome), kind)
            ) as best
            from names group by name_row
        )
        select best.kind, best.outcome, count(*) from outcomes group by all
        """
    )
