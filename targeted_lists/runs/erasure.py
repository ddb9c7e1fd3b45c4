"""Erasing customers from what outlives a rebuild: `exports/`, the working database, `state/`.

Raw files are their owner's to erase; every table that a run builds lacks the erased because
staging does (macros/inputs/stage_input.sql). Here they are removed from what was exported and
what earlier runs saved, contacts first. Each step checks what is there, not what the step before
it did: one that was killed half-way is caught up by the next run.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb

from targeted_lists.common import files
from targeted_lists.common.folders import EXPORT_FOLDER, STATE_FOLDER
from targeted_lists.common.sql import literal, qualified, quoted
from targeted_lists.inputs import copies
from targeted_lists.saved.campaigns import (
    ASSIGNMENTS,
    CAMPAIGN,
    MANIFEST,
    campaigns_folder,
    settle_campaign,
)
from targeted_lists.saved.tables import copy_rows, open_state

CONTACTS = ("email", "phone")


def erase_customers_json(
    connection: duckdb.DuckDBPyConnection, dataset: str, customers: str
) -> str:
    """Call `erase_customers` as a SQL function does.

    Parameters
    ----------
    connection : to the working database.
    customers : JSON of the keys.

    Returns
    -------
    JSON of `message`, one sentence, and `is_error`.
    """
    keys = [key for key in json.loads(customers or "[]") or [] if key]
    place = STATE_FOLDER / dataset
    try:
        count = erase_customers(dataset, keys, working=connection)
    except (OSError, duckdb.Error) as error:
        message = (
            f"Customers who requested to be erased could not all be removed from {place} and "
            f"{EXPORT_FOLDER / dataset} ({files.first_line(error)}); fix that and run again, "
            "which goes on with what is left."
        )
        return json.dumps({"message": message, "is_error": True})
    message = f"{count} rows of erased customers were removed from {place}."
    return json.dumps({"message": message if count else None, "is_error": False})


def erase_customers(
    dataset: str,
    customers: Collection[str],
    *,
    folder: Path = STATE_FOLDER,
    exports: Path = EXPORT_FOLDER,
    working: duckdb.DuckDBPyConnection | None = None,
) -> int:
    """Remove customers from every saved table that names them, and return the rows removed.

    Exported files of a campaign that held one, which may hold the contact, are removed first and
    can be exported again; then the contacts in the working database; then the rows. The campaign
    is hashed again and counts the erased.

    Parameters
    ----------
    customers : keys, as the column `customer_id` of the saved tables holds them.
    working : a connection to the working database.

    Raises
    ------
    duckdb.Error, OSError : a file cannot be read or replaced; it is as it was.
    """
    copies.remove_outdated()
    if not customers and not (folder / dataset).exists():
        return 0
    with open_state(dataset, folder=folder, exports=exports) as saved, duckdb.connect() as memory:
        memory.execute("create table erased (customer_id varchar)")
        if customers:
            memory.executemany("insert into erased values (?)", [[key] for key in customers])
        campaigns = campaigns_folder(dataset, folder)
        if customers:
            for exported in list(find_stale_exports(memory, campaigns, exports / dataset)):
                files.remove(exported)
            if working is not None:
                remove_contacts(working, customers)
        removed = 0
        for path in sorted(saved.rglob("*.parquet")) if customers else []:
            removed += erase_in(memory, path)
        for campaign in sorted(campaigns.glob(f"[!.]*/{CAMPAIGN}")):
            settle_campaign(campaign.parent)
        return removed


def find_stale_exports(
    memory: duckdb.DuckDBPyConnection, campaigns: Path, exports: Path
) -> Iterator[Path]:
    """Return the exports of campaigns that hold an erased customer, or did at that time.

    A file of another hash than its campaign's was written before an erasure that was killed, and
    of one without a campaign nobody knows who is in it.
    """
    for manifest in sorted(exports.glob(f"*/{MANIFEST}")):
        exported = manifest.parent
        campaign = campaigns / exported.name.rpartition("_")[0]
        if (
            count_erased(memory, campaign / ASSIGNMENTS)
            or read_list_hash(manifest) != read_hash_of(memory, campaign / CAMPAIGN)
            or not campaign.exists()
        ):
            yield exported


def read_hash_of(memory: duckdb.DuckDBPyConnection, path: Path) -> str | None:
    """Return the hash of the list that a campaign is of; None if it says none."""
    if not path.exists():
        return None
    saved = memory.execute(f"from read_parquet({literal(path)})").df()
    return saved["list_hash"].item() if "list_hash" in saved else None


def read_list_hash(manifest: Path) -> str | None:
    """Return the hash of the list that a manifest says its file holds; None if it says none."""
    try:
        return json.loads(manifest.read_text(encoding="utf-8")).get("list_hash")
    except ValueError:
        return None


def remove_contacts(working: duckdb.DuckDBPyConnection, customers: Collection[str]) -> None:
    """Empty the contacts of the erased in every table of the working database that has them."""
    tables: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in working.execute(
        """
        select schema_name, table_name, column_name
        from duckdb_columns()
        inner join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = current_database()
            and column_name in ('customer_id', 'email', 'phone')
        order by all
        """
    ).fetchall():
        tables.setdefault((schema, table), []).append(column)
    for names, columns in tables.items():
        held = [column for column in columns if column in CONTACTS]
        if held and "customer_id" in columns:
            emptied = ", ".join(f"{quoted(column)} = null" for column in held)
            working.execute(
                f"update {qualified(*names)} set {emptied} "
                "where list_contains(?::varchar[], customer_id::varchar)",
                [list(customers)],
            )


def count_erased(memory: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Return how many rows of a file are of the erased."""
    if not path.exists():
        return 0
    columns = {
        row[0] for row in memory.execute(f"describe from read_parquet({literal(path)})").fetchall()
    }
    if "customer_id" not in columns:
        return 0
    return memory.execute(
        f"select count(*) from read_parquet({literal(path)}) "
        "where cast(customer_id as varchar) in (select customer_id from erased)"
    ).fetchone()[0]


def erase_in(memory: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Remove the erased from one file and return how many rows that were."""
    columns = {
        row[0] for row in memory.execute(f"describe from read_parquet({literal(path)})").fetchall()
    }
    if "fitted" in columns:
        return erase_in_models(memory, path)
    count = count_erased(memory, path)
    if count:
        left = (
            f"select * from read_parquet({literal(path)}) "
            "where (cast(customer_id as varchar) in (select customer_id from erased)) is not true"
        )
        files.replace_file(path, copy_rows(memory, left))
    return count


def erase_in_models(memory: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Remove the erased from what models predicted of those they were fitted on."""
    # It takes seconds to import, and most runs erase nobody.
    from python_ml.keeping import UnreadableModelError
    from targeted_lists.learning.models import erase_in_model

    erased = {key for (key,) in memory.execute("select customer_id from erased").fetchall()}
    memory.execute(f"create or replace temp table models as from read_parquet({literal(path)})")
    removed = 0
    # An emptied one (migrations.py) names nobody.
    for row, fitted in memory.execute(
        "select rowid, fitted from models where octet_length(fitted) > 0"
    ).fetchall():
        try:
            without, count = erase_in_model(bytes(fitted), erased)
        except UnreadableModelError:
            # Made by other versions, it is of no use either; what cannot be opened cannot leave
            # anybody out.
            without, count = b"", 1
        if count:
            memory.execute("update models set fitted = ? where rowid = ?", [without, row])
        removed += count
    if removed:
        files.replace_file(path, copy_rows(memory, "select * from models order by rowid"))
    return removed
