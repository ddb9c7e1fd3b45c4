"""Erasing customers from what outlives a rebuild: `exports/`, the working database, `state/`.

Raw files are their owner's to erase; every table that a run builds lacks the erased because
staging does (macros/inputs/stage_input.sql). Who they are is found out first
(targeted_lists/inputs/erasures.py) and remembered, as salted hashes, in
`state/DATASET/erased/hashes.parquet`. Then they are removed from what was exported and what
earlier runs saved, contacts first. Each step checks what is there, not what the step before it
did: one that was killed half-way is caught up by the next run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb

from targeted_lists.common import files
from targeted_lists.common.folders import EXPORT_FOLDER, STATE_FOLDER
from targeted_lists.common.sql import literal, qualified, quoted
from targeted_lists.inputs import copies
from targeted_lists.inputs.erasures import HASHES, LASTING, describe_shared, find_erased
from targeted_lists.saved.campaigns import (
    ASSIGNMENTS,
    CAMPAIGN,
    MANIFEST,
    campaigns_folder,
    settle_campaign,
)
from targeted_lists.saved.salt import PUBLIC_SALT, give_salt
from targeted_lists.saved.tables import copy_rows, open_state

ERASED_FOLDER, ERASED_FILE = "erased", "hashes.parquet"
KEYS = ("customer_id", "customer_key", "other_customer_id", "previous_customer_id")
"""Columns that hold a key of a customer."""
TEXTS = ("email", "phone", "contact", "contact_text")
"""Columns that hold an e-mail or a phone as a file has it."""
CONTACTS = (*TEXTS, "first_name")


def erase_customers_json(
    connection: duckdb.DuckDBPyConnection, dataset: str, request: str, *, salt: str
) -> str:
    """Find out who is erased, and call `erase_customers`, as a SQL function does.

    Parameters
    ----------
    connection : to the working database.
    request : JSON of what the macro erasure_request returns.
    salt : of the dataset's keys.

    Returns
    -------
    JSON of `message`, what is to be said, and `is_error`.
    """
    place = STATE_FOLDER / dataset
    try:
        shared = find_erased(connection, request=json.loads(request))
        found = connection.execute(f"select distinct erased_hash from {HASHES}").fetchall()
        hashes = [one for (one,) in found]
        remember(connection, dataset)
        count = erase_customers(dataset, hashes=hashes, salt=salt, working=connection)
    except (OSError, duckdb.Error) as error:
        message = (
            f"Customers who requested to be erased could not all be removed from {place} and "
            f"{EXPORT_FOLDER / dataset} ({files.first_line(error)}); fix that and run again, "
            "which goes on with what is left."
        )
        return json.dumps({"message": message, "is_error": True})
    sentences = [f"{count} rows of erased customers were removed from {place}."] if count else []
    if shared:
        sentences.append(describe_shared(shared))
    return json.dumps({"message": " ".join(sentences) or None, "is_error": False})


def remember(
    connection: duckdb.DuckDBPyConnection, dataset: str, *, folder: Path = STATE_FOLDER
) -> None:
    """Save the hashes of the erased, before anything of theirs is removed.

    Raises
    ------
    duckdb.Error, OSError : they cannot be saved.
    """
    with open_state(dataset, folder=folder) as saved:
        path = saved / ERASED_FOLDER / ERASED_FILE
        there = (
            f"from read_parquet({literal(path)})" if path.exists() else f"from {HASHES} limit 0"
        )
        if connection.execute(f"({LASTING}) except ({there})").fetchone():
            files.replace_file(path, copy_rows(connection, LASTING))


def hash_key(key: str, salt: str) -> str:
    """Return what is remembered of a key, as the macro erased_key does."""
    return "e_" + hashlib.md5(f"{salt}{key}".encode()).hexdigest()


def erase_customers(
    dataset: str,
    customers: Collection[str] = (),
    *,
    hashes: Collection[str] = (),
    salt: str = PUBLIC_SALT,
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
    hashes : of further keys, and of e-mails and phones as files have them.
    salt : that they were hashed with.
    working : a connection to the working database.

    Raises
    ------
    duckdb.Error, OSError : a file cannot be read or replaced; it is as it was.
    """
    copies.remove_outdated()
    erased = {*hashes, *(hash_key(key, salt) for key in customers)}
    if not erased and not (folder / dataset).exists():
        return 0
    with open_state(dataset, folder=folder, exports=exports) as saved, duckdb.connect() as memory:
        give_salt(memory, lambda: salt)
        memory.execute("create table erased as select unnest(?::varchar[]) as hash", [[*erased]])
        campaigns = campaigns_folder(dataset, folder)
        if erased:
            for exported in list(find_stale_exports(memory, campaigns, exports / dataset)):
                files.remove(exported)
            if working is not None:
                remove_contacts(working, erased)
        removed = 0
        for path in sorted(saved.rglob("*.parquet")) if erased else []:
            removed += erase_in(memory, path, salt)
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


def remove_contacts(working: duckdb.DuckDBPyConnection, hashes: Collection[str]) -> None:
    """Remove the contacts of the erased from every table of the working database that has them.

    A table with a row per contact loses the row; of others the contacts are emptied.
    """
    tables: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in working.execute(
        """
        select schema_name, table_name, column_name
        from duckdb_columns()
        inner join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = current_database() and list_contains(?::varchar[], column_name)
        order by all
        """,
        [[*KEYS, *CONTACTS]],
    ).fetchall():
        tables.setdefault((schema, table), []).append(column)
    for names, columns in tables.items():
        held = [column for column in columns if column in CONTACTS]
        if not held:
            continue
        if "contact_text" in columns:
            change = f"delete from {qualified(*names)}"
        else:
            emptied = ", ".join(f"{quoted(column)} = null" for column in held)
            change = f"update {qualified(*names)} set {emptied}"
        found = [hashed(column) for column in columns if column in KEYS]
        found += [hashed(column, is_text=True) for column in columns if column in TEXTS]
        if found:
            condition = " or ".join(f"{one} in (select unnest($erased))" for one in found)
            working.execute(f"{change} where {condition}", {"erased": [*hashes]})


def hashed(column: str, *, is_text: bool = False) -> str:
    """Return SQL of the hash of a key, or of an address as a file has it (macro erased_text)."""
    value = f"cast({quoted(column)} as varchar)"
    text = f"'text ' || lower({value})" if is_text else value
    return f"'e_' || md5(customer_key_salt() || {text})"


def find_keys(memory: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """Return the columns of a file that hold keys of customers."""
    rows = memory.execute(f"describe from read_parquet({literal(path)})").fetchall()
    return [row[0] for row in rows if row[0] in KEYS]


def names_erased(columns: Collection[str]) -> str:
    """Return SQL of whether a row names one of the erased in some columns."""
    return " or ".join(
        f"coalesce({hashed(column)} in (select hash from erased), false)" for column in columns
    )


def count_erased(memory: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Return how many rows of a file are of the erased."""
    columns = find_keys(memory, path) if path.exists() else []
    if not columns:
        return 0
    return memory.execute(
        f"select count(*) from read_parquet({literal(path)}) where {names_erased(columns)}"
    ).fetchone()[0]


def erase_in(memory: duckdb.DuckDBPyConnection, path: Path, salt: str) -> int:
    """Remove the erased from one file and return how many rows that were."""
    columns = {
        row[0] for row in memory.execute(f"describe from read_parquet({literal(path)})").fetchall()
    }
    if "fitted" in columns:
        return erase_in_models(memory, path, salt)
    count = count_erased(memory, path)
    if count:
        condition = names_erased(find_keys(memory, path))
        left = f"select * from read_parquet({literal(path)}) where not ({condition})"
        files.replace_file(path, copy_rows(memory, left))
    return count


def erase_in_models(memory: duckdb.DuckDBPyConnection, path: Path, salt: str) -> int:
    """Remove the erased from what models predicted of those they were fitted on."""
    # It takes seconds to import, and most runs erase nobody.
    from python_ml.keeping import UnreadableModelError
    from targeted_lists.learning.models import erase_in_model

    erased = {one for (one,) in memory.execute("select hash from erased").fetchall()}

    def is_erased(key: str) -> bool:
        return hash_key(key, salt) in erased

    memory.execute(f"create or replace temp table models as from read_parquet({literal(path)})")
    removed = 0
    # An emptied one (migrations.py) names nobody.
    for row, fitted in memory.execute(
        "select rowid, fitted from models where octet_length(fitted) > 0"
    ).fetchall():
        try:
            without, count = erase_in_model(bytes(fitted), is_erased)
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
