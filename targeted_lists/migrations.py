"""Bringing the state of a dataset, as an earlier version left it, to what this one reads.

`state/DATASET/version` says which it is; version 0 had no such file. A step may be killed and is
then taken again, so each can be: the version is written last.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from targeted_lists import files
from targeted_lists.salt import PUBLIC_SALT, SALT_FILE, SAMPLE

VERSION_FILE = "version"
VERSION = 1


class StateError(OSError):
    """A state that this version cannot use; the message is one sentence for the user."""


def migrate(saved: Path, exports: Path | None) -> None:
    """Bring a dataset's state to the present version.

    Parameters
    ----------
    saved : its folder in `state/`. exports : its folder of exported files.

    Raises
    ------
    StateError : a later version has written it.
    """
    found = read_version(saved)
    if found > VERSION:
        raise StateError(
            f"{saved} was written by a later version of this project (state version {found}, and "
            f"this one knows {VERSION}); use that version"
        )
    if found == 0 and is_used(saved):
        close_version_0(saved, exports)
    if found < VERSION:
        files.replace_file(
            saved / VERSION_FILE, lambda draft: files.write_text(draft, f"{VERSION}\n")
        )


def read_version(saved: Path) -> int:
    """Return the version of a state; 0 where it says none."""
    try:
        return int((saved / VERSION_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return 0
    except ValueError as error:
        raise StateError(f"{saved / VERSION_FILE} holds no number; write {VERSION}") from error


def is_used(saved: Path) -> bool:
    """Whether a run has kept something there."""
    return any(saved.rglob("*.parquet"))


def close_version_0(saved: Path, exports: Path | None) -> None:
    """Close what everyone could read, keep the salt that all had, and drop pickled models.

    Arms, holdout and history hang on the keys, and the keys of contacts on the salt. A pickle
    runs whatever it says when it is opened, so none is: the next run fits again.
    """
    for folder in filter(None, (saved, exports)):
        if folder.is_dir():
            files.close_to_others(folder)
    if saved.name != SAMPLE and not (saved / SALT_FILE).exists():
        files.replace_file(
            saved / SALT_FILE, lambda draft: files.write_text(draft, PUBLIC_SALT + "\n")
        )
    for path in sorted(saved.glob("*/*.parquet")):
        with duckdb.connect() as connection:
            rows = connection.from_parquet(str(path))
            if "fitted" in rows.columns:
                empty_models(connection, path)


def empty_models(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Leave of kept models what is said of them, and not the models."""

    def write(draft: Path) -> None:
        connection.from_parquet(str(path)).project("* replace (''::blob as fitted)").write_parquet(
            str(draft)
        )

    files.replace_file(path, write)
