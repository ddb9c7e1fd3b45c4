"""Readable copies of raw files: UTF-8, one record as CSV means it, what is damaged marked.

DuckDB reads sound UTF-8 files in place. A file in another encoding, a workbook, and a file with
broken bytes or quotes gets a copy in which every raw line that cannot be read is still a row of
its own, so that the ledger can name it.
"""

from __future__ import annotations

import codecs
import csv
import functools
import gzip
import io
import itertools
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from targeted_lists.common import files
from targeted_lists.common.outcome import UserError
from targeted_lists.inputs import quotes
from targeted_lists.inputs.copies import find_copy, remove_copies_of
from targeted_lists.inputs.workbooks import WORKBOOKS, WorkbookError, read_sheet

# The first line by which a spreadsheet is told the delimiter.
MARK = re.compile(r"\ufeff?sep=.\r?\n", re.I)
CHUNK = 1 << 20
# Characters that Unicode keeps out of every text; the macro row_fault looks for them.
NO_TEXT = "\ufdd0"
# More of them than the last member of a gzip file can end with.
ZEROS = b"\0" * 10

codecs.register_error("mark_no_text", lambda error: (NO_TEXT, error.end))


class InputError(UserError, ValueError):
    """A dataset that cannot be read; the message is one sentence for the user."""

    def __init__(self, sentence: str) -> None:
        """Keep a sentence that can be printed, whatever names of files stand in it."""
        super().__init__(shown_name(sentence))


@dataclass(frozen=True)
class Settings:
    """How a dataset's text files are written; `dataset.yml` in its folder may set each.

    Attributes
    ----------
    delimiter : one ASCII character between fields.
    encoding : a name that Python knows, such as utf-8, cp1251 or utf-16.
    decimal : the mark before decimals, "." or ",".
    thousands : the other mark, where one alone parts thousands: 2,000 is two thousand.
    timestamp_format : of strptime, where dates are not written as 2026-01-31 [10:00:00].
    date_order : day first or month first, of 01/02/2026.
    time_zone : of the shop, a name or an offset, where times have one: Europe/Berlin, +02:00.
    currency : of the amounts, a code such as EUR.
    prices : with tax or without tax, where no order tells it.
    skip_lines : lines above the header, such as the title of a report.
    sheet : name of a workbook's sheet; the first where it is empty.
    packed : heading of a column whose cell holds all lines of an order, as WooCommerce writes
        them: name:Mug|quantity:2;name:Tea|quantity:1. Each becomes a row of its own, with a column
        `packed NAME` for each name.
    document : heading of a column such as "Реализация 000123 от 01.03.2026 12:00:00", of which
        the number and the time become columns of their own: `document number`, `document time`.
    total : how the first cell of a row begins that sums up the others.
    customer_is : name, where customers are told by a name, of which the key is then a hash.
    missing : a text that stands for nothing, besides the empty field.
    equal_lines : keep or merge, what becomes of an order line without a number that is equal in
        every column to an earlier one of its file.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    thousands: str = ""
    timestamp_format: str = ""
    date_order: str = ""
    time_zone: str = ""
    currency: str = ""
    prices: str = ""
    skip_lines: str = "0"
    sheet: str = ""
    packed: str = ""
    document: str = ""
    total: str = ""
    customer_is: str = ""
    missing: str = r"\N"
    equal_lines: str = "keep"


def make_readable(path: Path, settings: Settings) -> Path:
    """Return the path itself where DuckDB reads it as it is meant, else that of a copy.

    Raises
    ------
    InputError : the file is no text, no workbook or no whole gzip file.
    """
    if path.suffix.lower() in WORKBOOKS:
        return _write_copy(path, settings, _workbook_lines)
    is_utf8 = codecs.lookup(settings.encoding).name in ("utf-8", "utf-8-sig", "ascii")
    state = path.stat()
    has_title = settings.skip_lines != "0" or _has_mark(path)
    is_read = is_utf8 and not has_title and not _is_odd_gzip(path)
    if is_read and is_plain(path, settings, state.st_size, state.st_mtime_ns):
        remove_copies_of(path)
        return path
    return _write_copy(path, settings, _fixed_text)


def _is_odd_gzip(path: Path) -> bool:
    """Whether a gzip file begins with a comment or ends with zeros, which DuckDB does not read."""
    if path.suffix.lower() != ".gz":
        return False
    with path.open("rb") as stream:
        flags = stream.read(4)[3:]
        stream.seek(-min(len(ZEROS), path.stat().st_size), io.SEEK_END)
        return bool(flags and flags[0] & 0x10) or stream.read() == ZEROS


def is_utf8(path: Path) -> bool:
    """Whether a text file is UTF-8 to its end; in any other code page that is rare chance."""
    state = path.stat()
    is_text = path.suffix.lower() in (".csv", ".tsv", ".txt", ".gz")
    return is_text and _is_utf8(path, state.st_size, state.st_mtime_ns)


@functools.cache
def _is_utf8(path: Path, size: int, mtime_ns: int) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with _open_bytes(path) as stream:
            while chunk := stream.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


@functools.cache
def is_plain(path: Path, settings: Settings, size: int, mtime_ns: int) -> bool:
    """Whether a file is UTF-8 with quotes in pairs and no endless line; each state read once."""
    mark = re.escape(settings.delimiter.encode())
    # The quote first: a pattern that begins with one letter is searched much faster.
    text = rb'[^"\r\n' + mark + rb"]"
    stray_quote = re.compile(rb'"(?<=' + text + rb'")' + text)
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _open_bytes(path) as stream:
        while lines := stream.read(CHUNK):
            lines += stream.readline()
            try:
                decoder.decode(lines)
            except UnicodeDecodeError:
                return False
            if b"\0" in lines:
                raise _no_text(path, settings)
            if (
                len(lines) > quotes.LONGEST_LINE
                and max(map(len, lines.splitlines())) > quotes.LONGEST_LINE
            ):
                return False
            if b'"' in lines and (
                stray_quote.search(lines)
                or any(line.count(b'"') % 2 for line in lines.splitlines())
            ):
                return False
    return not decoder.getstate()[0]


def _has_mark(path: Path) -> bool:
    """Whether a text file begins with the line that tells a spreadsheet its delimiter."""
    with _open_bytes(path) as stream:
        return MARK.fullmatch(stream.readline(20).decode("utf-8", "replace")) is not None


@contextmanager
def _open_bytes(path: Path) -> Iterator[io.BufferedIOBase]:
    try:
        with (gzip.open if path.suffix.lower() == ".gz" else open)(path, "rb") as stream:
            yield stream
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(
            f"{path} is not a whole gzip file ({one_line(error)}); copy or export it again."
        ) from error


def open_text(path: Path, encoding: str) -> Iterator[str]:
    """Return the lines of a text file with their ends; bytes that are no text are marked."""
    with _open_bytes(path) as stream:
        yield from io.TextIOWrapper(stream, encoding, errors="mark_no_text", newline="")


def _fixed_text(path: Path, settings: Settings) -> Iterator[str]:
    return quotes.fix_quotes(_text_blocks(path, settings), settings.delimiter)


def _text_blocks(path: Path, settings: Settings) -> Iterator[str]:
    """Return a text file in blocks of whole lines; bytes that are no text are marked."""
    with _open_bytes(path) as stream:
        text = io.TextIOWrapper(stream, settings.encoding, errors="mark_no_text", newline="")
        first = text.readline()
        kept = [] if MARK.fullmatch(first) else [first]
        for _ in range(int(settings.skip_lines)):
            kept = [text.readline()]
        yield from filter(None, kept)
        while block := text.read(CHUNK):
            block += text.readline()
            if "\0" in block:
                raise _no_text(path, settings)
            yield block


def _no_text(path: Path, settings: Settings) -> InputError:
    return InputError(
        f"{path} holds zero bytes, so it is no text in {settings.encoding}; export it as CSV in "
        "UTF-8, or name its `encoding` in dataset.yml next to it."
    )


def _workbook_lines(path: Path, settings: Settings) -> Iterator[str]:
    try:
        rows = read_sheet(
            path,
            settings.sheet,
            decimal=settings.decimal,
            skip_lines=int(settings.skip_lines),
        )
        yield from write_rows(rows, settings.delimiter)
    except WorkbookError as error:
        raise InputError(str(error)) from error


def write_rows(rows: Iterable[list[str]], delimiter: str) -> Iterator[str]:
    """Return rows as a CSV text, in blocks."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    source = iter(rows)
    while block := list(itertools.islice(source, 1_000)):
        writer.writerows(block)
        yield text.getvalue()
        text.seek(0)
        text.truncate()


def _write_copy(
    path: Path, settings: Settings, read: Callable[[Path, Settings], Iterator[str]]
) -> Path:
    """Write a file's text as UTF-8, once for each state of the file and of the settings."""

    def write(draft: Path) -> None:
        with open(draft, "w", encoding="utf-8", newline="", opener=files.open_private) as text:
            text.writelines(read(path, settings))

    return find_copy(path, write, settings=settings)


def shown_name(name: str) -> str:
    r"""Return the name of a file as text: bytes of it that are no UTF-8 as `\xff`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def one_line(error: Exception) -> str:
    """Return an error's message without line breaks."""
    return " ".join(str(error).split())
