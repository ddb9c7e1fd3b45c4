"""What it costs to find the persons behind the keys, and to read contacts.

    python benchmarks/identity.py [--keys 5_000_000]

Made-up keys: two in five share an e-mail or a phone with another, and two contacts are of
thousands. Each table of models/intermediate/identity
is made in a database of its own by the models of a run. Reading a text (targeted_lists/inputs/
contacts.py) is timed apart, on a tenth of a million texts: a run reads each text once, and later
runs read the new ones.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from targeted_lists.check.command import open_models  # noqa: E402
from targeted_lists.cli.request import adapter_of, prepare  # noqa: E402

# Seven keys in ten have an e-mail, the others a phone; every fifth has that of the key before it,
# and one in twenty has a phone besides its e-mail.
CUSTOMERS = """
    select
        'K' || lpad(i::varchar, 8, '0') as customer_id,
        timestamp '2020-01-01' + interval 1 minute * (hash(i) % 2000000)::int as registered_at,
        case
            when i % 1000 = 0 then 'shop@example.com'
            when i % 10 < 7
                then 'p' || (i - case when i % 5 = 1 then 1 else 0 end) || '@example.com'
        end as email,
        case
            when i % 1000 = 7 then '+4930901820'
            when i % 10 >= 7 or i % 20 = 3 then '+1415'
                || lpad(((i - case when i % 10 = 8 then 1 else 0 end) % 10000000)::varchar, 7, '2')
        end as phone
    from range({keys}) as numbers (i)
"""
TEXTS = 100_000
TABLES = (
    "int_key_contacts",
    "int_shared_addresses",
    "int_identity_links",
    "int_keys_grouped",
    "int_customer_persons",
)


def main() -> None:
    """Make the keys up, build each table, print the table of times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=5_000_000)
    options = parser.parse_args()
    os.environ.setdefault("DUCKDB_THREADS", "2")
    os.environ.setdefault("DUCKDB_MEMORY_LIMIT", "3GB")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shop = Path("data/shop")
        shop.mkdir(parents=True)
        with duckdb.connect() as connection:
            connection.execute(
                f"copy ({CUSTOMERS.format(keys=options.keys)}) "
                f"to '{shop}/customers.parquet' (format parquet)"
            )
            connection.execute(
                "copy (select 'O1' as order_id, 'K00000000' as customer_id, "
                "timestamp '2026-01-01' as ordered_at, 'P' as product_id, 1 as quantity, "
                f"1.5 as unit_price) to '{shop}/order_lines.parquet' (format parquet)"
            )
        given = prepare("shop", Path("data"), "{}")
        with duckdb.connect("identity.duckdb") as connection:
            models = open_models(connection, {**given, "adapter": adapter_of(given)})
            models.build("int_customers_validated")
            models.build("int_customer_links_validated")
            models.build("int_persons_saved")
            read = time_reading(connection)
            put_addresses(connection, models)
            busy = os.times()
            seconds = {name: clock(lambda n=name: models.build(n)) for name in TABLES}
            busy = sum(os.times()[:2]) - sum(busy[:2])
            persons, keys = connection.execute(
                "select count(distinct customer_id), count(*) from int_customer_persons"
            ).fetchone()
            (contacts,) = connection.execute(
                "select count(distinct address_key) from int_key_contacts"
            ).fetchone()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{options.keys:,} keys, {contacts:,} contacts; {keys:,} keys are {persons:,} persons")
    print("| step | s |")
    print("|---|--:|")
    for name, one in seconds.items():
        print(f"| {name} | {one:.1f} |")
    print(f"| all | {sum(seconds.values()):.1f} |")
    print(f"| processor, all | {busy:.1f} |")
    print(f"\nReading a text: {read * 1e6:.0f} microseconds. Peak memory {peak:.1f} GB.")


def time_reading(connection: duckdb.DuckDBPyConnection) -> float:
    """Return the seconds that a text takes, half of them phones."""
    sql = """
        select count(contact_address(contact_text, 'US'))
        from (
            (select email as contact_text from int_customers_validated
            where email is not null limit {half})
            union all
            (select phone as contact_text from int_customers_validated
            where phone is not null limit {half})
        )
    """
    # What is imported and read at first is not the texts'.
    connection.execute(sql.format(half=10)).fetchall()
    return clock(lambda: connection.execute(sql.format(half=TEXTS // 2)).fetchall()) / TEXTS


def put_addresses(connection: duckdb.DuckDBPyConnection, models: object) -> None:
    """Make the table of addresses of texts that are addresses already."""
    connection.execute(
        models.render(
            """
            create table int_contact_addresses as
            select
                contact_text,
                contact_text as address,
                case when strpos(contact_text, '@') > 0 then 'email' else 'phone' end
                    as address_kind,
                {{ address_key('contact_text') }} as address_key
            from (
                select email as contact_text from int_customers_validated where email is not null
                union
                select phone as contact_text from int_customers_validated where phone is not null
            )
            """
        )
    )
    models.built.add("int_contact_addresses")


def clock(work: object) -> float:
    """Return the seconds that some work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
