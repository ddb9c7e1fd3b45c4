"""Forgetting customers in what outlives a rebuild: `state/` and `exports/`.

Raw files are their owner's to erase; every table that a run builds lacks the erased because
staging does (macros/inputs/stage_input.sql). Here they leave what earlier runs have kept, and
what was exported. Files are replaced one by one, each whole: a run that is stopped half-way is
caught up by the next.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from pickle import UnpicklingError

import duckdb

from targeted_lists.campaigns import ASSIGNMENTS, EXPORT_FOLDER, count_erased
from targeted_lists.publication import literal
from targeted_lists.state import STATE_FOLDER, remove_drafts

# What opening a pickled model of other versions may raise.
UNREADABLE = (
    AttributeError,
    EOFError,
    ImportError,
    KeyError,
    TypeError,
    UnpicklingError,
    ValueError,
)


def forget_customers_json(dataset: str, customers: str) -> str:
    """Call `forget_customers` as a SQL function does: JSON of the keys in, a sentence out."""
    keys = [key for key in json.loads(customers or "[]") or [] if key]
    count = forget_customers(dataset, keys)
    return f"{count} rows of erased customers were removed from {STATE_FOLDER / dataset}"


def forget_customers(
    dataset: str,
    customers: Collection[str],
    *,
    folder: Path = STATE_FOLDER,
    exports: Path = EXPORT_FOLDER,
) -> int:
    """Remove customers from every kept table that names them, and return the rows removed.

    A campaign that held one is hashed anew and counts the erased; its exported files, which
    may hold the contact, are removed and can be exported again.

    Parameters
    ----------
    customers : keys, as the column `customer_id` of the kept tables holds them.

    Raises
    ------
    duckdb.Error, OSError : a file cannot be read or replaced; it is as it was.
    """
    remove_drafts(folder / dataset)
    if not customers:
        return 0
    with duckdb.connect() as connection:
        connection.execute("create table erased (customer_id varchar)")
        connection.executemany("insert into erased values (?)", [[key] for key in customers])
        removed = 0
        for path in sorted((folder / dataset).rglob("*.parquet")):
            count = _forget_in(connection, path)
            removed += count
            if count and path.name == ASSIGNMENTS:
                count_erased(path.parent, removed=count)
                for exported in (exports / dataset).glob(f"{glob.escape(path.parent.name)}_*"):
                    shutil.rmtree(exported)
        return removed


def _forget_in(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Remove the erased from one file and return how many rows that were."""
    columns = {
        row[0]
        for row in connection.execute(f"describe from read_parquet({literal(path)})").fetchall()
    }
    if "fitted" in columns:
        return _forget_in_models(connection, path)
    if "customer_id" not in columns:
        return 0
    kept = f"read_parquet({literal(path)})"
    mine = "cast(customer_id as varchar) in (select customer_id from erased)"
    count = connection.execute(f"select count(*) from {kept} where {mine}").fetchone()[0]
    if count:
        _replace(connection, path, f"select * from {kept} where ({mine}) is not true")
    return count


def _forget_in_models(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Remove the erased from what models foretold of those they were fitted on."""
    # It takes seconds to import, and most runs forget nobody.
    from targeted_lists.models import forget_in_model

    erased = {key for (key,) in connection.execute("select customer_id from erased").fetchall()}
    connection.execute(
        f"create or replace temp table models as from read_parquet({literal(path)})"
    )
    removed = 0
    for row, fitted in connection.execute("select rowid, fitted from models").fetchall():
        try:
            without, count = forget_in_model(bytes(fitted), erased)
        except UNREADABLE:
            # Made by other versions, it is of no use either; what cannot be opened cannot forget.
            path.unlink()
            return 1
        if count:
            connection.execute("update models set fitted = ? where rowid = ?", [without, row])
        removed += count
    if removed:
        _replace(connection, path, "select * from models order by rowid")
    return removed


def _replace(connection: duckdb.DuckDBPyConnection, path: Path, select: str) -> None:
    """Put the rows of a query in the place of a file, in one step."""
    draft = path.with_suffix(".draft")
    try:
        connection.execute(f"copy ({select}) to {literal(draft)} (format parquet)")
        os.replace(draft, path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
