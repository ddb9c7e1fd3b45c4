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
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from targeted_lists.common.outcome import UserError
from targeted_lists.inputs.raw_places import RawPlace, list_places
from targeted_lists.inputs.readable import MARK
from targeted_lists.inputs.workbooks import (
    WORKBOOKS,
    WorkbookError,
    list_sheets,
    read_sheet,
)

DELIMITERS = (",", ";", "\t", "|")
# Rows that decide; more of them say the same again.
MOST_ROWS = 100_000
# Above the header there may be titles and blank lines, and not a page of them.
MOST_TITLES = 25
BLOCK = 1 << 20
# Of the lines with other letters than those of ASCII, for a file to be UTF-8 with damaged lines.
LEAST_UTF8 = 0.1


class SetupError(UserError):
    """A file cannot be set up; the message is one sentence."""


@dataclass(frozen=True)
class Written:
    """A file as it is written.

    Attributes
    ----------
    place : where it lies.
    settings : delimiter, encoding, skip_lines and sheet, as dataset.yml names them.
    headings : of its columns; empty ones are numbered.
    rows : the first of them as texts, each as wide as the header.
    notes : what is to be known of it, in sentences.
    """

    place: RawPlace
    settings: dict[str, str]
    headings: list[str]
    rows: list[list[str]]
    notes: list[str]

    @property
    def path(self) -> Path:
        """Its path as people write it, which goes on in an archive."""
        return self.place.shown


@dataclass(frozen=True)
class Table:
    """The rows of a file as texts, how they are written, and what is to be known of it."""

    rows: list[list[str]]
    settings: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def look_at_all(path: Path, count_known: Callable[[list[str]], int]) -> list[Written]:
    """Find out how a file is written, or each table of an archive.

    Parameters
    ----------
    count_known : how many cells of a row are headings that are known.

    Raises
    ------
    SetupError : it is no table.
    InputError : it is an archive that cannot be read.
    """
    if not path.is_file():
        raise SetupError(f"{path} is not there; see how its name is written.")
    return [look_at(place, count_known) for place in list_places(RawPlace(path))]


def look_at(place: RawPlace, count_known: Callable[[list[str]], int]) -> Written:
    """Find out how a table is written.

    Raises
    ------
    SetupError : it is none.
    """
    with place.opened() as path:
        if path.suffix.lower() in WORKBOOKS:
            table = read_workbook(path, count_known)
        elif path.suffix.lower() == ".parquet":
            table = read_parquet(path)
        else:
            table = read_text(path)
        rows, settings = table.rows, table.settings
        header = find_header(rows, count_known)
        if header is None:
            raise SetupError(f"{path} holds no table: no row has two cells or more.")
    if settings:
        settings["skip_lines"] = str(header)
    names = [name.strip().lstrip("\ufeff") for name in rows[header]]
    width = len(names)
    return Written(
        place=place,
        settings=settings,
        headings=[name or f"column_{number}" for number, name in enumerate(names, start=1)],
        rows=[
            row if len(row) == width else [*row[:width], *[""] * (width - len(row))]
            for row in rows[header + 1 :]
            if any(row) and any(map(str.strip, row))
        ],
        notes=[note.replace(str(path), str(place.shown)) for note in table.notes],
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


def read_text(path: Path) -> Table:
    """Return the first rows of a text file."""
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opened(path, "rb") as stream:
            start = stream.read(BLOCK)
            encoding = find_encoding(start, iter(lambda: stream.read(BLOCK), b""))
        notes = []
        if encoding.startswith("cp") and (bad := count_no_utf8(path, opened)):
            # Two files put together: in the other code page the rest would be read wrong.
            encoding = "utf-8"
            notes.append(
                f"{path} is text in UTF-8 but for {bad:,} lines, which are rejected to the "
                "ledger: export them again in the same code page as the rest."
            )
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
    settings = {
        "delimiter": delimiter,
        "encoding": "utf-8" if encoding == "utf-8-sig" else encoding,
    }
    return Table(list(rows), settings, notes)


def count_no_utf8(path: Path, opened: Callable[..., IO[bytes]]) -> int:
    """Count the lines that are no UTF-8, where enough of the others have letters of UTF-8.

    In another code page hardly a line is UTF-8 by chance.
    """
    sound, bad = 0, 0
    with opened(path, "rb") as stream:
        for line in stream:
            if not line.isascii():
                try:
                    line.decode("utf-8")
                    sound += 1
                except UnicodeDecodeError:
                    bad += 1
    return bad if sound >= LEAST_UTF8 * (sound + bad) else 0


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


def read_workbook(path: Path, count_known: Callable[[list[str]], int]) -> Table:
    """Return the first rows of the sheet with the most known headings."""
    try:
        names = list_sheets(path)
        sheets = {
            name: list(itertools.islice(read_sheet(path, name), MOST_ROWS)) for name in names
        }
    except WorkbookError as error:
        raise SetupError(str(error)) from error
    if not sheets:
        raise SetupError(f"{path} has no sheet.")
    known = {
        name: max(map(count_known, rows[:MOST_TITLES]), default=0) for name, rows in sheets.items()
    }
    best = max(sheets, key=lambda name: known[name])
    others = [name for name in names if name != best and len(sheets[name]) > 1]
    return Table(
        sheets[best],
        {"sheet": "" if best == names[0] else best},
        [f"Of {path} the sheet {best!r} is read, and not {', '.join(map(repr, others))}."]
        if others
        else [],
    )


def read_parquet(path: Path) -> Table:
    """Return the header and the first rows of a parquet file as texts."""
    import duckdb

    with duckdb.connect() as connection:
        try:
            rows = connection.read_parquet(str(path)).limit(MOST_ROWS)
            return Table(
                [
                    rows.columns,
                    *(["" if one is None else str(one) for one in row] for row in rows.fetchall()),
                ]
            )
        except duckdb.Error as error:
            raise SetupError(f"{path} is not readable as parquet.") from error
