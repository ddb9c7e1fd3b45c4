"""Reading the published file: every query of the dashboard goes through here."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import duckdb
import pandas as pd

from targeted_lists.common.commands import command
from targeted_lists.common.outcome import UserError


class DashboardError(UserError):
    """The page cannot be made; the message is one sentence for the user."""


class Source:
    """A published file, opened read-only.

    Attributes
    ----------
    tables_read : names (schema.table) of the published tables that queries have read so far.
    """

    def __init__(self, published: Path) -> None:
        try:
            self.connection = duckdb.connect(str(published), read_only=True)
        except duckdb.Error as error:
            raise DashboardError(
                f"{published} cannot be read ({str(error).splitlines()[0]}); "
                f"`{command('lists', dataset=published.stem)}` publishes it"
            ) from error
        self.tables = {
            f"{schema}.{table}"
            for schema, table in self.connection.execute(
                "select schema_name, table_name from duckdb_tables()"
            ).fetchall()
        }
        self.tables_read: set[str] = set()

    def __enter__(self) -> Source:
        """Return the open source."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.connection.close()

    def tables_of(self, query: str) -> list[str]:
        """Return the published tables that a query names, as DuckDB's own parser finds them."""
        names = self.connection.get_table_names(query, qualified=True)
        # A name comes with its alias, and quoted where it is also a word of SQL.
        return sorted({name.split(" AS ")[0].replace('"', "") for name in names})

    def read(self, query: str) -> pd.DataFrame:
        """Return the rows of a query; none, without columns, where one of its tables is missing.

        A file that an earlier version published lacks what came later, and is shown as far as
        it goes.

        Raises
        ------
        DashboardError : a table lacks a column that the query names.
        """
        wanted = set(self.tables_of(query))
        self.tables_read |= wanted & self.tables
        if not wanted <= self.tables:
            return pd.DataFrame()
        try:
            return self.connection.execute(query).df()
        except duckdb.BinderException as error:
            raise DashboardError(
                f"The published file is of another version ({str(error).splitlines()[0]}); "
                f"`{command('lists')}` publishes it again"
            ) from error
