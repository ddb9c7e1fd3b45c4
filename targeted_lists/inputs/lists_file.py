"""`lists.csv` in a dataset's folder: what a shop says of its lists, read and refused."""

from __future__ import annotations

import csv
import difflib
import io
from pathlib import Path

from targeted_lists.inputs.dataset_folder import LISTS_FILE, refusing_unreadable
from targeted_lists.inputs.list_values import PROBABILITIES
from targeted_lists.inputs.readable import InputError, one_line
from targeted_lists.inputs.seeds import read_columns

Row = dict[str, str]


def find_lists_file(folder: Path) -> Path | None:
    """Return the `lists.csv` of a folder, whatever the case of its name."""
    return next((one for one in sorted(folder.iterdir()) if one.name.lower() == LISTS_FILE), None)


@refusing_unreadable()
def read_lists(path: Path) -> dict[str, tuple[int, Row]]:
    """Return list -> number and filled columns of its row in `lists.csv`.

    Raises
    ------
    InputError : it cannot be read, or its columns or rows are unsound.
    """
    if not path.is_file():
        raise InputError(f"{path} is not a file; it is a table of lists, or take it away.")
    try:
        return parse_lists(path.read_text(encoding="utf-8-sig"), path)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} cannot be read as CSV in UTF-8 ({one_line(error)}); save it as such."
        ) from error


def parse_lists(text: str, path: Path) -> dict[str, tuple[int, Row]]:
    """Return what `read_lists` does, of a text that is, or will be, in the file.

    Raises
    ------
    InputError : its columns or rows are unsound.
    """
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise InputError(
            f"{path} cannot be read as CSV in UTF-8 ({one_line(error)}); save it as such."
        ) from error
    records = [record for record in records if any(map(str.strip, record))]
    if not records:
        raise InputError(
            f"{path} is empty; its first line names columns, such as list_name,capacity."
        )
    header = [name.strip().lower() for name in records[0]]
    if fault := find_header_fault(header):
        raise InputError(f"{path} {fault}.")
    found: dict[str, tuple[int, Row]] = {}
    for number, record in enumerate(records[1:], start=1):
        if len(record) != len(header):
            raise InputError(
                f"{path}, row {number} has {len(record)} fields and the header {len(header)}; a "
                "text that holds a comma stands in double quotes."
            )
        cells = {
            column: cell.strip()
            for column, cell in zip(header, record, strict=True)
            if cell.strip()
        }
        name = cells.pop("list_name", "")
        if not name:
            raise InputError(f"{path}, row {number} names no list in list_name; write its name.")
        if name in found:
            raise InputError(
                f"{path}, row {number} is about {name}, as row {found[name][0]} is; leave one out."
            )
        found[name] = (number, {"list_name": name, **cells})
    return found


def find_header_fault(header: list[str]) -> str | None:
    """Say what of the columns of `lists.csv` cannot be used; None if all can."""
    known = [*read_columns("list_definitions"), *PROBABILITIES]
    if "list_name" not in header:
        if any(mark in header[0] for mark in ";\t|"):
            return "has one column only, for its fields are not parted by commas; save it so"
        return "has no column list_name in its first line; rename or add it"
    if unknown := next((name for name in header if name not in known), None):
        close = difflib.get_close_matches(unknown, known, n=1) or known
        return f"has the unknown column {unknown!r}; it may have {', '.join(close)}"
    if twice := next((name for name in header if header.count(name) > 1), None):
        return f"has the column {twice} twice; leave one out"
    return None
