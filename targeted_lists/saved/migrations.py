"""Bringing the state of a dataset, as an earlier version left it, to what this one reads.

`state/DATASET/version` says which it is, and which package wrote it; version 0 had no such file. A
step may be killed and is then taken again, so each can be: the version is written last.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from targeted_lists.common import files
from targeted_lists.common.outcome import UserError
from targeted_lists.common.project import package_version
from targeted_lists.saved.salt import PUBLIC_SALT, SALT_FILE, SAMPLE

NAME = "targeted-lists"
VERSION_FILE = "version"
# Version 3 remembers who was erased (`erased/`); who reads version 2 would take them in again.
VERSION = 3

# What version 1 called otherwise: tables, columns, and codes in columns of those names.
TABLES = {
    "classifier_models": "ml_activity_models",
    "classifier_parameters": "activity_parameters",
    "responder_models": "ml_response_models",
}
# Clusterings of features that have other names now. The next run makes new ones and matches their
# clusters with those of customer_clusters, so names stay.
GONE = ("cluster_measures", "cluster_models", "feature_choices")
COLUMNS = {
    "population": "data_basis",
    "held_out": "control_and_holdout",
    "usual_orders": "typical_orders",
    "later_roc_auc": "out_of_time_roc_auc",
}
CODES = {"data_basis": {"receipts": "orders"}, "lift_basis": {"answers": "responses"}}


class StateError(UserError, OSError):
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
            f"{saved} was written by {read_writer(saved)} (its state has "
            f"version {found}, and targeted-lists {package_version()} knows {VERSION}): install "
            "that one or a later one (pip install --upgrade targeted-lists, uv tool upgrade "
            "targeted-lists), or put back a backup of the folder from before"
        )
    if found == 0 and is_used(saved):
        close_version_0(saved, exports)
    if found < 2 and is_used(saved):
        rename_version_1(saved)
    if found < VERSION:
        files.replace_file(
            saved / VERSION_FILE,
            lambda draft: files.write_text(draft, f"{VERSION} {NAME} {package_version()}\n"),
        )


def read_version(saved: Path) -> int:
    """Return the version of a state; 0 where it says none."""
    try:
        return int((saved / VERSION_FILE).read_text(encoding="utf-8").split()[0])
    except FileNotFoundError:
        return 0
    except (ValueError, IndexError) as error:
        raise StateError(f"{saved / VERSION_FILE} holds no number; write {VERSION}") from error


def read_writer(saved: Path) -> str:
    """Return the package and the version that wrote a state, as far as it says so."""
    _, *writer = (saved / VERSION_FILE).read_text(encoding="utf-8").split()
    return " ".join(writer) or NAME


def is_used(saved: Path) -> bool:
    """Whether a run has saved something there."""
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
    """Leave of saved models what is said of them, and not the models."""

    def write(draft: Path) -> None:
        connection.from_parquet(str(path)).project("* replace (''::blob as fitted)").write_parquet(
            str(draft)
        )

    files.replace_file(path, write)


def rename_version_1(saved: Path) -> None:
    """Call tables, columns and codes by the names that this version reads.

    Saved models look for features under their earlier names and are emptied: the next run fits
    again.
    """
    for old, new in TABLES.items():
        if (saved / old).is_dir():
            files.make_folder(saved / new)
            for path in sorted((saved / old).glob("*.parquet")):
                path.replace(saved / new / path.name)
            (saved / old).rmdir()
    for name in GONE:
        files.remove(saved / name)
    for path in sorted(saved.rglob("*.parquet")):
        with duckdb.connect() as connection:
            rename_columns(connection, path)
    for name in ("ml_activity_models", "ml_response_models"):
        for path in sorted((saved / name).glob("*.parquet")):
            with duckdb.connect() as connection:
                if "fitted" in connection.from_parquet(str(path)).columns:
                    empty_models(connection, path)


def rename_columns(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Rename the columns and codes of one file, where it has any of the earlier ones."""
    rows = connection.from_parquet(str(path))
    columns = {name: COLUMNS.get(name, name) for name in rows.columns}
    chosen = []
    for old, new in columns.items():
        value = f'"{old}"'
        for before, after in CODES.get(new, {}).items():
            value = f"case when {value} = '{before}' then '{after}' else {value} end"
        chosen.append(f'{value} as "{new}"')
    if all(one == f'"{name}" as "{name}"' for one, name in zip(chosen, rows.columns, strict=True)):
        return

    def write(draft: Path) -> None:
        connection.from_parquet(str(path)).project(", ".join(chosen)).write_parquet(str(draft))

    files.replace_file(path, write)
