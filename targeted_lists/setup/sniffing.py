"""How a file is written: its code page, its delimiter, and where its table begins."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from targeted_lists.common.outcome import UserError
from targeted_lists.inputs.readable import MARK, WORKBOOKS

DELIMITERS = (",", ";", "\t", "|")
# Rows that decide; more of them say the same again.
MOST_ROWS = 100_000
# Above the header there may be titles and blank lines, and not a page of them.
MOST_TITLES = 25
BLOCK = 1 << 20


class SetupError(UserError):
    """A file cannot be set up; the message is one sentence."""


@dataclass(frozen=True)
class Written:
    """A file as it is written.

    Attributes
    ----------
    settings : delimiter, encoding, skip_lines and sheet, as dataset.yml names them.
    headings : of its columns; empty ones are numbered.
    rows : the first of them as texts, each as wide as the header.
    """

    path: Path
    settings: dict[str, str]
    headings: list[str]
    rows: list[list[str]]


def look_at(path: Path, count_known: Callable[[list[str]], int]) -> Written:
    """Find out how a file is written.

    Parameters
    ----------
    count_known : how many cells of a row are headings that are known.

    Raises
    ------
    SetupError : it is no table.
    """
    if not path.is_file():
        raise SetupError(f"{path} is not there; see how its name is written.")
    if path.suffix.lower() in WORKBOOKS:
        settings, rows = read_workbook(path, count_known)
    elif path.suffix.lower() == ".parquet":
        settings, rows = {}, read_parquet(path)
    else:
        settings, rows = read_text(path)
    rows = list(rows)
    header = find_header(rows, count_known)
    if header is None:
        raise SetupError(f"{path} holds no table: no row has two cells or more.")
    if header:
        settings["skip_lines"] = str(header)
    names = [name.strip().lstrip("\ufeff") for name in rows[header]]
    width = len(names)
    return Written(
        path=path,
        settings=settings,
        headings=[name or f"column_{number}" for number, name in enumerate(names, start=1)],
        rows=[
            [*row[:width], *[""] * (width - len(row))]
            for row in rows[header + 1 :]
            if any(cell.strip() for cell in row)
        ],
    )


def find_header(rows: list[list[str]], count_known: Callable[[list[str]], int]) -> int | None:
    """Return the place of the header: the row of most known headings, else the first wide one."""
    first = rows[:MOST_TITLES]
    known = [count_known(row) for row in first]
    if known and max(known) >= 2:
        return known.index(max(known))
    width = max((sum(map(bool, row)) for row in first), default=0)
    wide = [place for place, row in enumerate(first) if sum(map(bool, row)) == width]
    return wide[0] if width >= 2 else None


def read_text(path: Path) -> tuple[dict[str, str], list[list[str]]]:
    """Return the settings and the first rows of a text file."""
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opened(path, "rb") as stream:
            start = stream.read(BLOCK)
            encoding = find_encoding(start, iter(lambda: stream.read(BLOCK), b""))
        if not start.strip():
            raise SetupError(f"{path} is empty.")
        with opened(path, "rb") as stream:
            text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
            marked = text.readline()
            if not MARK.fullmatch(marked):
                text.seek(0)
            lines = list(itertools.islice(text, MOST_ROWS))
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        raise SetupError(f"{path} cannot be read ({error}).") from error
    if "\0" in "".join(lines[:50]):
        raise SetupError(f"{path} is no text; export it as CSV or as a workbook.")
    delimiter = marked.strip()[-1] if MARK.fullmatch(marked) else find_delimiter(lines[:60])
    rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    settings = {"delimiter": delimiter}
    if encoding not in ("utf-8", "utf-8-sig"):
        settings["encoding"] = encoding
    return settings, list(rows)


def find_encoding(start: bytes, rest: object) -> str:
    """Return the code page of a text: by its mark, else UTF-8, else that of its letters."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if start.startswith(mark):
            return name
    if start[:400].count(0) > len(start[:400]) // 4:
        return "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(start)
        for block in rest:
            decoder.decode(block)
    except UnicodeDecodeError:
        letters = [byte for byte in start if byte >= 0x80]
        # Of cp1251 the letters from 0xC0 on are Cyrillic, and in a row.
        runs = re.findall(rb"[\xc0-\xff\xa8\xb8]{3,}", start)
        return "cp1251" if sum(map(len, runs)) > len(letters) / 2 else "cp1252"
    return "utf-8"


def find_delimiter(lines: list[str]) -> str:
    """Return the delimiter by which most lines have the same number of fields, and the most."""

    def weigh(delimiter: str) -> tuple[int, int]:
        try:
            widths = Counter(
                len(row) for row in csv.reader(lines, delimiter=delimiter) if any(row)
            )
        except csv.Error:
            return (0, 0)
        width, count = max(
            ((width, count) for width, count in widths.items() if width > 1),
            key=lambda one: (one[1], one[0]),
            default=(0, 0),
        )
        return (count, width)

    return max(DELIMITERS, key=weigh)


def read_workbook(
    path: Path, count_known: Callable[[list[str]], int]
) -> tuple[dict[str, str], list[list[str]]]:
    """Return the sheet with the most known headings, and its first rows."""
    from python_calamine import CalamineError, CalamineWorkbook

    from targeted_lists.inputs.readable import cell_text

    try:
        book = CalamineWorkbook.from_path(path)
        sheets = {
            name: [
                [cell_text(cell, ".") for cell in row]
                for row in itertools.islice(book.get_sheet_by_name(name).iter_rows(), MOST_ROWS)
            ]
            for name in book.sheet_names
        }
    except CalamineError as error:
        raise SetupError(f"{path} is not a readable workbook ({error}).") from error
    if not sheets:
        raise SetupError(f"{path} has no sheet.")

    def known(name: str) -> int:
        return max(map(count_known, sheets[name][:MOST_TITLES]), default=0)

    best = max(sheets, key=known)
    return ({} if best == book.sheet_names[0] else {"sheet": best}), sheets[best]


def read_parquet(path: Path) -> list[list[str]]:
    """Return the header and the first rows of a parquet file as texts."""
    import duckdb

    with duckdb.connect() as connection:
        try:
            rows = connection.read_parquet(str(path)).limit(MOST_ROWS)
            return [
                rows.columns,
                *(["" if one is None else str(one) for one in row] for row in rows.fetchall()),
            ]
        except duckdb.Error as error:
            raise SetupError(f"{path} is not readable as parquet.") from error
