"""Zip archives: the tables in them, each unpacked once for each state of its archive."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from targeted_lists.common import files
from targeted_lists.inputs.copies import find_copy
from targeted_lists.inputs.readable import InputError, one_line
from targeted_lists.inputs.workbooks import WORKBOOKS

ARCHIVE = ".zip"
TABLES = (".csv", ".csv.gz", ".tsv", ".parquet", *WORKBOOKS)
# Of an archive that has no other table.
TEXTS = (".txt", ".txt.gz")
# SQL that reads an input grows with its files.
MOST_TABLES = 1_000
# Bits of an entry: it is closed with a password, its name is UTF-8.
HAS_PASSWORD, IS_UTF8 = 0x1, 0x800


def is_archive(path: Path) -> bool:
    """Whether a file is an archive, by its ending."""
    return path.suffix.lower() == ARCHIVE


def list_tables(path: Path) -> list[str]:
    """Return the names of the tables in an archive, as they stand there.

    Raises
    ------
    InputError : it is damaged, closed with a password, or holds no table or too many.
    """
    with opened(path) as archive:
        return list(find_tables(path, archive))


def unpack(path: Path, table: str) -> Path:
    """Return a copy of a table of an archive.

    Raises
    ------
    InputError : the archive is damaged, or has no such table.
    """
    with opened(path) as archive:
        tables = find_tables(path, archive)
        if table not in tables:
            raise InputError(f"{path} holds no {table}; it holds {', '.join(tables)}.")
        entry = tables[table]

        def write(draft: Path) -> None:
            with (
                archive.open(entry) as packed,
                open(draft, "wb", opener=files.open_private) as copy,
            ):
                shutil.copyfileobj(packed, copy, 1 << 20)

        # Its ending says what it is.
        return find_copy(path, write, part=table, ending=ending_of(table))


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive; say of one that cannot be read why."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise InputError(
            f"{path} is not a whole zip archive ({one_line(error)}); copy or export it again."
        ) from error


def find_tables(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the tables of an archive by name; what a system adds is none.

    Raises
    ------
    InputError : there is none, there are too many, or one is closed with a password.
    """
    entries = {
        name_of(entry): entry
        for entry in archive.infolist()
        if not entry.is_dir() and not is_of_a_system(entry.filename)
    }
    tables = {name: entry for name, entry in entries.items() if ending_of(name) in TABLES} or {
        name: entry for name, entry in entries.items() if ending_of(name) in TEXTS
    }
    if not tables:
        there = ", ".join(sorted(entries)[:5]) or "nothing"
        raise InputError(
            f"{path} holds no table (.csv, .csv.gz, .tsv, .txt, .parquet or a workbook) but "
            f"{there}; unpack it, or pack the tables alone."
        )
    if len(tables) > MOST_TABLES:
        raise InputError(
            f"{path} holds {len(tables):,} tables, and no more than {MOST_TABLES:,} are read; put "
            "those of a year into one."
        )
    if any(entry.flag_bits & HAS_PASSWORD for entry in tables.values()):
        raise InputError(f"{path} is closed with a password; unpack it, or pack it without one.")
    return tables


def ending_of(name: str) -> str:
    """Return the ending of a name in small letters, with that of what is packed.

    >>> ending_of("2025/Jan.CSV.GZ"), ending_of("v1.2.csv")
    ('.csv.gz', '.csv')
    """
    endings = [ending.lower() for ending in PurePosixPath(name).suffixes]
    return "".join(endings[-2:] if endings[-1:] == [".gz"] else endings[-1:])


def name_of(entry: zipfile.ZipInfo) -> str:
    """Return the name of an entry; what no bit says is UTF-8, or of Windows in Russia."""
    if entry.flag_bits & IS_UTF8 or entry.filename.isascii():
        return entry.filename
    raw = entry.filename.encode("cp437")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp866")


def is_of_a_system(name: str) -> bool:
    """Whether a system or a program packed a file for itself."""
    return any(part.startswith((".", "~", "__MACOSX")) for part in PurePosixPath(name).parts)
