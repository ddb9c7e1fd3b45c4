"""Publishing the marts: the readers' file is replaced in one step by a finished copy.

Readers open `published/NAME.duckdb`, never the working database. The marts are copied into a
draft next to it, which takes its name only when it is whole; whoever holds the old file open
goes on reading the old content.
"""

from __future__ import annotations

import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from targeted_lists.common import files
from targeted_lists.common.folders import PUBLISHED_FOLDER
from targeted_lists.common.outcome import UserError
from targeted_lists.common.project import PROJECT_FILE, read_project
from targeted_lists.common.sql import literal, qualified, quoted
from targeted_lists.common.system import replace

STORAGE_VERSION = "v1.4.0"  # the oldest DuckDB whose readers must be able to open the file
DRAFT = "publication_draft"
AS_OF_DATE = ("intermediate", "int_as_of_date", "as_of_date")
CURRENCY = ("intermediate", "int_dataset_currency", "currency")


class PublicationError(UserError):
    """The marts could not be published; the message is one sentence for the user."""


@dataclass(frozen=True)
class Request:
    """What to publish.

    Attributes
    ----------
    database : name of the working database in the connection.
    dataset : name of the dataset, and of the published file.
    language : of the texts in the tables, such as en; written into the table `publication`.
    tables : schema and name of each table to publish.
    dbt_version : written into the table `publication`.
    time_zone : of the dataset's times, also written there; nothing where it is not known.
    tax_basis : whether amounts are net or gross of tax, or as written in the files.
    small_cell : fewest customers of one kind that pages for others show.
    """

    database: str
    dataset: str
    language: str
    tables: list[tuple[str, str]]
    dbt_version: str
    time_zone: str = ""
    tax_basis: str = "as written"
    small_cell: int | None = None


def publish_marts(
    connection: duckdb.DuckDBPyConnection,
    *,
    request: Request,
    folder: Path = PUBLISHED_FOLDER,
) -> str:
    """Copy the tables of `request` into a draft and put it in the published file's place.

    Parameters
    ----------
    connection : a connection to the working database with no transaction open.
    folder : where `DATASET.duckdb` is published; made if missing.

    Returns
    -------
    A sentence that says what was published, and where.

    Raises
    ------
    PublicationError : a table is missing or a view, or the draft cannot be written; the
        published file is as it was.
    """
    refuse_what_is_no_table(connection, request)
    target = folder / f"{request.dataset}.duckdb"
    draft = folder / f".{request.dataset}.draft.duckdb"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_database(draft)
        row_count = write_draft(connection, request, draft)
        put_in_place(draft, target)
    except (duckdb.Error, OSError) as error:
        cause = files.first_line(error)
        raise PublicationError(
            f"{target} could not be replaced and is as it was ({cause}); "
            "fix that and run `dbt test`, which publishes what is built."
        ) from error
    finally:
        # What cannot be removed now is removed before the next draft.
        with suppress(OSError):
            remove_database(draft)
    return f"Published {len(request.tables)} tables, {row_count:,} rows: {target}"


def refuse_what_is_no_table(connection: duckdb.DuckDBPyConnection, request: Request) -> None:
    """Raise `PublicationError` for the first mart that is missing or a view.

    A view would name the working database, which readers do not have.
    """
    kinds = {
        (schema, name): kind
        for schema, name, kind in connection.execute(
            "select table_schema, table_name, table_type from information_schema.tables "
            "where table_catalog = ?",
            [request.database],
        ).fetchall()
    }
    for schema, name in request.tables:
        kind = kinds.get((schema, name), "missing")
        if kind != "BASE TABLE":
            raise PublicationError(
                f"{schema}.{name} is {kind.lower()} in the working database, but only tables "
                "are published; materialize it as a table and run `dbt build`."
            )


def write_draft(connection: duckdb.DuckDBPyConnection, request: Request, draft: Path) -> int:
    """Write the draft in one transaction and return the number of rows in it."""
    connection.execute(
        f"attach {literal(draft)} as {DRAFT} (storage_version {literal(STORAGE_VERSION)})"
    )
    try:
        connection.execute("begin transaction")
        for table in request.tables:
            copy_table(connection, request.database, table)
        row_count = write_publication(connection, request)
        connection.execute("commit")
    except BaseException:
        # A commit that failed has ended the transaction.
        with suppress(duckdb.Error):
            connection.execute("rollback")
        raise
    finally:
        connection.execute(f"detach {DRAFT}")
    return row_count


def copy_table(
    connection: duckdb.DuckDBPyConnection, database: str, table: tuple[str, str]
) -> None:
    """Copy one table with its rows, their order and its comments."""
    schema, name = table
    source, copy = qualified(database, *table), qualified(DRAFT, *table)
    connection.execute(f"create schema if not exists {qualified(DRAFT, schema)}")
    connection.execute(f"create table {copy} as select * from {source}")
    key = [database, schema, name]
    comments = connection.execute(
        "select comment from duckdb_tables() "
        "where database_name = ? and schema_name = ? and table_name = ?",
        key,
    ).fetchone()
    if comments and comments[0]:
        connection.execute(f"comment on table {copy} is {literal(comments[0])}")
    for column, comment in connection.execute(
        "select column_name, comment from duckdb_columns() where comment is not null "
        "and database_name = ? and schema_name = ? and table_name = ? order by column_index",
        key,
    ).fetchall():
        connection.execute(f"comment on column {copy}.{quoted(column)} is {literal(comment)}")


def write_publication(connection: duckdb.DuckDBPyConnection, request: Request) -> int:
    """Say in the draft what is published: `publication` and `publication_tables`."""
    tables = qualified(DRAFT, "main", "publication_tables")
    connection.execute(
        f"create table {tables} (schema_name varchar, table_name varchar, row_count bigint)"
    )
    for table in request.tables:
        connection.execute(
            f"insert into {tables} select ?, ?, count(*) from {qualified(DRAFT, *table)}",
            list(table),
        )
    project_version = str(read_project()["version"])
    connection.execute(
        f"""
        create table {qualified(DRAFT, "main", "publication")} as
        select
            ?::varchar as dataset,
            ?::varchar as language,
            ?::varchar as currency,
            ?::varchar as time_zone,
            ?::varchar as tax_basis,
            ?::bigint as small_cell,
            ?::varchar as code_version,
            ?::varchar as project_version,
            ?::varchar as dbt_version,
            version() as duckdb_version,
            count(*) as table_count,
            coalesce(sum(row_count), 0)::bigint as row_count,
            ?::date as as_of_date,
            (now() at time zone 'UTC')::timestamp as published_at
        from {tables}
        """,
        [
            request.dataset,
            request.language,
            read_fact(connection, request.database, CURRENCY),
            request.time_zone or None,
            request.tax_basis,
            request.small_cell,
            code_version(project_version),
            project_version,
            request.dbt_version,
            read_as_of_date(connection, request.database),
        ],
    )
    return connection.execute(f"select sum(row_count)::bigint from {tables}").fetchone()[0] or 0


def read_as_of_date(connection: duckdb.DuckDBPyConnection, database: str) -> object:
    """Return the day that every feature is taken as of; None where the project has none."""
    return read_fact(connection, database, AS_OF_DATE)


def read_fact(
    connection: duckdb.DuckDBPyConnection, database: str, place: tuple[str, str, str]
) -> object:
    """Return the value of a column in a table of one row; None where there is no such table.

    Parameters
    ----------
    place : its schema, table and column.
    """
    schema, name, column = place
    has_table = connection.execute(
        "select count(*) from duckdb_tables() "
        "where database_name = ? and schema_name = ? and table_name = ?",
        [database, schema, name],
    ).fetchone()[0]
    if not has_table:
        return None
    row = connection.execute(
        f"select {column} from {qualified(database, schema, name)}"
    ).fetchone()
    return row[0] if row else None


def code_version(project_version: str) -> str:
    """Return the commit of this project's files, `-dirty` where they differ from it.

    Outside git, or where git does not track this project, it is the project's version.
    """
    try:
        # A project unpacked inside somebody else's repository is not tracked by it.
        _git("ls-files", "--error-unmatch", str(PROJECT_FILE))
        commit = _git("rev-parse", "--short=12", "HEAD")
        return f"{commit}-dirty" if _git("status", "--porcelain", "--", ".") else commit
    except (OSError, subprocess.SubprocessError):
        return project_version


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def put_in_place(draft: Path, target: Path) -> None:
    """Let a whole, closed database take the place of another in one step."""
    files.sync_file(draft)
    # The log of a file that is no more would be replayed into the new one.
    files.remove(wal_of(target))
    replace(draft, target)
    files.sync_folder(target.parent)


def remove_database(path: Path) -> None:
    """Remove a database file and its write-ahead log, if they are there."""
    files.remove(path)
    files.remove(wal_of(path))


def wal_of(path: Path) -> Path:
    """Return the write-ahead log that DuckDB keeps next to a database file."""
    return path.with_name(f"{path.name}.wal")
