"""What amounts and times of a published file are in."""

from __future__ import annotations

import duckdb


def read_unit(
    connection: duckdb.DuckDBPyConnection, name: str, database: str | None = None
) -> str | None:
    """Return what a published file says of its amounts or times; None where it does not.

    Parameters
    ----------
    name : currency or time_zone; files of earlier versions have neither.
    database : name of the published file in the connection, where it is not the first.
    """
    table = ".".join(filter(None, [database, "main", "publication"]))
    try:
        row = connection.execute(f"select max({name}) from {table}").fetchone()
    except (duckdb.BinderException, duckdb.CatalogException):
        return None
    return row[0] if row else None


def in_currency(heading: str, currency: str | None) -> str:
    """Return the heading of amounts with the currency, where that is known.

    >>> in_currency("expected value", "EUR")
    'expected value, EUR'
    """
    return f"{heading}, {currency}" if currency else heading
