"""What must outlive a rebuild: `state/DATASET/TABLE/AS_OF_DATE.parquet`.

A table whose model has `meta: {is_saved: true}` is kept at the end of a run that built and tested
everything, never by a part of one. A run as of a day reads what was saved up to that day alone, so
that an as-of date in the past does not see its future, and building the same day again changes
nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from targeted_lists.common import files
from targeted_lists.common.folders import STATE_FOLDER
from targeted_lists.saved.migrations import migrate

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def open_state(
    dataset: str, *, folder: Path = STATE_FOLDER, exports: Path | None = None
) -> Iterator[Path]:
    """Hold a dataset's state, whole again after whatever killed its last user; others wait.

    State of an earlier version is brought to this one.

    Parameters
    ----------
    exports : where files are exported to, which a killed export may have left there.

    Raises
    ------
    OSError : it cannot be made whole, or a later version has written it.
    """
    saved = folder / dataset
    with files.hold(saved):
        exported = exports / dataset if exports else None
        files.recover(saved, *filter(None, [exported]))
        migrate(saved, exported)
        yield saved


def save_tables(
    connection: duckdb.DuckDBPyConnection,
    *,
    dataset: str,
    tables: Iterable[tuple[str, str]],
    as_of_date: date,
    past_frozen: Collection[str] = (),
    folder: Path = STATE_FOLDER,
) -> None:
    """Keep tables (schema, name) as of a day; what that day had is replaced.

    All drafts are written before the first takes its place, so a full disk changes nothing.

    Parameters
    ----------
    past_frozen : names of tables whose day stays as it was saved once a later day is kept: to
        build an earlier day again does not rewrite what was done on it.

    Raises
    ------
    duckdb.Error, OSError : a table cannot be read, or a file not be written.
    """
    writers: dict[Path, files.Writer] = {}
    with open_state(dataset, folder=folder) as saved:
        for schema, name in tables:
            target = saved / name / f"{_day(as_of_date).isoformat()}.parquet"
            if name in past_frozen and target.exists() and _has_latest(target):
                continue
            writers[target] = copy_rows(
                connection, f'select * from "{schema}"."{name}" order by all'
            )
        files.replace_together(saved, writers)


def copy_rows(connection: duckdb.DuckDBPyConnection, select: str) -> files.Writer:
    """Return what writes the rows of a query into a file."""

    def write(path: Path) -> None:
        literal = str(path).replace("'", "''")
        connection.execute(f"copy ({select}) to '{literal}' (format parquet)")

    return write


def read_latest(
    dataset: str, table: str, *, as_of_date: date | None, folder: Path = STATE_FOLDER
) -> pd.DataFrame | None:
    """Return a table as it was last saved up to a day; None where it never was."""
    saved = find_latest(dataset, table, as_of_date=as_of_date, folder=folder)
    if saved is None:
        return None
    with duckdb.connect() as connection:
        return connection.execute("select * from read_parquet(?)", [str(saved)]).df()


def find_latest(
    dataset: str, table: str, *, as_of_date: date | None, folder: Path = STATE_FOLDER
) -> Path | None:
    """Return the file of a table as it was last saved up to a day; None where it never was."""
    place = folder / dataset / table
    days = _saved_days(place, until=as_of_date)
    return place / f"{days[-1].isoformat()}.parquet" if days else None


def _day(moment: date | None) -> date | None:
    return moment.date() if isinstance(moment, datetime) else moment


def _saved_days(folder: Path, *, until: date | None) -> list[date]:
    """Days up to `until` that a table was saved as of; a dataset without a date keeps nothing."""
    days = sorted(date.fromisoformat(path.stem) for path in folder.glob("*.parquet"))
    return [day for day in days if until is not None and day <= _day(until)]


def _has_latest(saved: Path) -> bool:
    """Whether the table was saved as of a later day."""
    return any(path.stem > saved.stem for path in saved.parent.glob("*.parquet"))
