"""The rows of the seeds, checked before DuckDB reads them: its own words name neither."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import duckdb

from targeted_lists.common.project import project_path, read_yaml

SEED_FOLDER = Path("seeds")
# How the types of `column_types` begin, and what a value of them is.
WORDS = {
    "int": "a whole number",
    "bigint": "a whole number",
    "decimal": "a number",
    "double": "a number",
    "boolean": "true or false",
    "date": "a date such as 2026-01-31",
    "timestamp": "a time such as 2026-01-31 10:00:00",
}


def check_seeds_json() -> str:
    """Call `find_seed_fault` as a SQL function does: JSON of `message` and `is_error` out."""
    fault = find_seed_fault()
    return json.dumps({"message": fault, "is_error": fault is not None})


def find_seed_fault(folder: Path | None = None) -> str | None:
    """Return a sentence on the first row of a seed that cannot be loaded; None if all can.

    Parameters
    ----------
    folder : that of the seeds, where it is not the project's.
    """
    folder = folder or project_path(SEED_FOLDER)
    types = {
        seed: {
            column: kind
            for column, kind in given.items()
            if kind.lower() not in ("string", "varchar", "text")
        }
        for seed, given in read_types(folder).items()
    }
    typed: dict[str, dict[str, str]] = defaultdict(dict)
    for path in sorted(folder.glob("*.csv")):
        try:
            with path.open(encoding="utf-8-sig", newline="") as text:
                rows = csv.reader(text, strict=True)
                header = next(rows, [])
                for number, row in enumerate(rows, start=1):
                    place = f"{path}, row {number} (line {rows.line_num})"
                    if not row:
                        continue
                    if len(row) != len(header):
                        return (
                            f"{place} has {len(row)} fields and the header {len(header)}; a text "
                            "that holds a comma stands in double quotes."
                        )
                    for column, value in zip(header, row, strict=True):
                        kind = types.get(path.stem, {}).get(column)
                        if value and kind:
                            typed[kind].setdefault(value, f"{place}, column {column}")
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            return f"{path} cannot be read as CSV in UTF-8 ({error}); correct or restore it."
    return find_unsound(typed)


def read_types(folder: Path) -> dict[str, dict[str, str]]:
    """Return seed -> column -> type, as the project gives them."""
    return {
        seed["name"]: seed.get("config", {}).get("column_types", {})
        for path in sorted(folder.glob("_*.yml"))
        for seed in read_yaml(path).get("seeds", [])
    }


def find_unsound(typed: dict[str, dict[str, str]]) -> str | None:
    """Return a sentence on the first value, by its place, that is not of its type.

    Parameters
    ----------
    typed : type -> value -> where it stands first.
    """
    faults = []
    with duckdb.connect() as connection:
        for kind, places in typed.items():
            wrong = connection.execute(
                f"select value from (select unnest(?) as value) "
                f"where try_cast(value as {kind}) is null",
                [list(places)],
            ).fetchall()
            word = next(
                (word for begin, word in WORDS.items() if kind.startswith(begin)),
                f"of type {kind}",
            )
            faults += [
                f'{places[value]}: "{value[:40]}" is not {word}; correct it.' for (value,) in wrong
            ]
    return min(faults, default=None)


def read_columns(seed: str) -> list[str]:
    """Return the names of a seed's columns."""
    with project_path(SEED_FOLDER / f"{seed}.csv").open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file))
