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
import hashlib
import io
import itertools
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from targeted_lists.common import files
from targeted_lists.common.folders import WAREHOUSE_FOLDER
from targeted_lists.common.outcome import UserError
from targeted_lists.inputs.workbooks import WORKBOOKS, WorkbookError, read_sheet

READABLE_FOLDER = WAREHOUSE_FOLDER / "readable"
# The first line by which a spreadsheet is told the delimiter.
MARK = re.compile(r"\ufeff?sep=.\r?\n", re.I)
CHUNK = 1 << 20
# Characters that Unicode keeps out of every text; the macro row_fault looks for them.
NO_TEXT = "\ufdd0"
OPEN_QUOTE = "\ufdd1"
# Instead of a line that is longer than DuckDB is asked to read.
TOO_LONG = "\ufdd3"
LONGEST_LINE = 16_000_000
# More of them than the last member of a gzip file can end with.
ZEROS = b"\0" * 10
# A quoted field of more lines than this was never meant to be one.
MAX_LINES = 500

codecs.register_error("mark_no_text", lambda error: (NO_TEXT, error.end))
csv.field_size_limit(LONGEST_LINE)


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
        if _note_of(path).exists():
            # It was not, before.
            with files.hold(READABLE_FOLDER):
                _remove_copies(path)
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


def fix_quotes(blocks: Iterable[str], delimiter: str) -> Iterator[str]:
    """Return a CSV text, record by record, so that no quote swallows other records.

    A quoted field may run over several lines when it is closed as CSV requires and its record
    has as many fields as the header. Else the quote was opened by mistake: its line becomes a
    record of its own with every quote marked (`OPEN_QUOTE`), and reading goes on with the line
    after it. Text behind a closing quote belongs to its field, as in Python's csv module. Of a
    line of more than 16 million bytes only a mark is left (`TOO_LONG`).

    Parameters
    ----------
    blocks : the text in blocks of whole lines with their ends, the header first. A block whose
        quotes are all in order comes back as it is, which is several times as fast.
    """
    grammar = _Grammar(delimiter)
    ahead: deque[str] = deque()
    source = iter(blocks)

    def next_line() -> str | None:
        if not ahead:
            ahead.extend(io.StringIO(next(source, ""), newline=""))
        return ahead.popleft() if ahead else None

    width = None
    while True:
        if width and not ahead:
            block = next(source, "")
            if block and not _is_too_long(block) and grammar.is_sound_throughout(block):
                yield block
                continue
            ahead.extend(io.StringIO(block, newline=""))
        line = next_line()
        if line is None:
            return
        if '"' not in line or _is_too_long(line):
            record = line
        elif not grammar.is_open(line):
            record = line if grammar.is_sound(line) else grammar.rewrite(line)
        else:
            taken = [line]
            length = len(line)
            while (
                len(taken) < MAX_LINES
                and length <= LONGEST_LINE
                and (more := next_line()) is not None
            ):
                taken.append(more)
                length += len(more)
                if '"' in more and not grammar.is_open("".join(taken)):
                    break
            record = "".join(taken)
            if grammar.is_open(record) or not grammar.is_sound(record, width):
                record = line.replace('"', OPEN_QUOTE)
                ahead.extendleft(reversed(taken[1:]))
        if _is_too_long(record):
            record = f"{TOO_LONG}\n"
        width = width or len(grammar.split(record))
        yield record


def _is_too_long(text: str) -> bool:
    # No character has more than four bytes.
    return len(text) * 4 > LONGEST_LINE and len(text.encode()) > LONGEST_LINE


class _Grammar:
    """What a record of CSV looks like; the patterns never backtrack."""

    def __init__(self, delimiter: str) -> None:
        self.delimiter = delimiter
        mark = re.escape(delimiter)
        blanks = "" if delimiter == " " else " *+"
        plain = rf'{blanks}(?!")[^{mark}\r\n]*+'
        quoted = rf'{blanks}"(?:[^"]|"")*+"'
        self.opened = re.compile(
            rf'(?:(?>{quoted}[^{mark}\r\n]*+|{plain}){mark})*+{blanks}"(?:[^"]|"")*+'
        )
        self.field = rf"(?>{quoted}(?=[{mark}\r\n]|\Z)|{plain})"
        self.mark = mark

    def is_open(self, record: str) -> bool:
        """Whether a text ends inside a quoted field."""
        return self.opened.fullmatch(record) is not None

    def is_sound(self, record: str, width: int | None = None) -> bool:
        """Whether every quoted field is closed before a delimiter, in so many fields."""
        return self._sound(width).fullmatch(record) is not None

    def is_sound_throughout(self, block: str) -> bool:
        """Whether every line of a block that holds a quote is a sound record by itself."""
        end = 0
        while (quote := block.find('"', end)) >= 0:
            start = block.rfind("\n", 0, quote) + 1
            end = block.find("\n", quote) + 1 or len(block)
            if not self.is_sound(block[start:end]):
                return False
        return True

    @functools.cache  # noqa: B019 - a grammar lives as long as one file is read
    def _sound(self, width: int | None) -> re.Pattern[str]:
        times = "*+" if width is None else f"{{{width - 1}}}+"
        return re.compile(rf"(?:{self.field}{self.mark}){times}{self.field}[\r\n]*+")

    def split(self, record: str) -> list[str]:
        """Return the fields of a record."""
        reader = csv.reader(
            io.StringIO(record, newline=""), delimiter=self.delimiter, skipinitialspace=True
        )
        return next(reader, [])

    def rewrite(self, record: str) -> str:
        """Return a record with its fields quoted as CSV requires."""
        text = io.StringIO()
        csv.writer(text, delimiter=self.delimiter, lineterminator="\n").writerow(
            self.split(record)
        )
        return text.getvalue()


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
            if len(lines) > LONGEST_LINE and max(map(len, lines.splitlines())) > LONGEST_LINE:
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
    return fix_quotes(_text_blocks(path, settings), settings.delimiter)


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


def find_copy(
    path: Path,
    write: Callable[[Path], None],
    *,
    settings: Settings | None = None,
    part: str = "",
    ending: str = ".csv",
) -> Path:
    """Return the copy that is made of a file, or of a part of it, after writing it once.

    Copies of another state of the file, or made by other settings, are removed.

    Parameters
    ----------
    write : writes the copy at the path that it is given.
    """
    state = path.stat()
    source = _source_hash(path)
    version = _short_hash(f"{state.st_size} {state.st_mtime_ns} {settings}")
    place = f"{source}-{version}" + (f"-{_short_hash(part)}" if part else "")
    target = READABLE_FOLDER / f"{place}{ending}"
    with files.hold(READABLE_FOLDER):
        if not target.exists():
            _remove_copies(path, but=f"{source}-{version}" if part else None)
            # Before the copy, so that none lies there of which nobody knows whose it is.
            files.replace_file(
                _note_of(path), lambda draft: files.write_text(draft, str(path.resolve()))
            )
            files.replace_file(target, write)
    return target


def remove_outdated() -> None:
    """Remove the copies of files that are no longer there, and drafts of copies."""
    if not READABLE_FOLDER.is_dir():
        return
    with files.hold(READABLE_FOLDER):
        # Then the copies of tables that were unpacked of an archive.
        for _ in range(2):
            there = {
                note.stem
                for note in READABLE_FOLDER.glob("*.source")
                if Path(note.read_text(encoding="utf-8")).exists()
            }
            # Copies before notes, as their names have it: "ab12-cd34.csv", "ab12.source".
            for path in sorted(READABLE_FOLDER.iterdir()):
                if path.name.endswith(files.DRAFT) or re.split("[-.]", path.name)[0] not in there:
                    files.remove(path)


def _remove_copies(path: Path, *, but: str | None = None) -> None:
    """Remove what was written of a file; its note goes last, so that no copy is overlooked.

    Parameters
    ----------
    but : how the names of those begin that stay.
    """
    source = _source_hash(path)
    for outdated in sorted(READABLE_FOLDER.glob(f"{source}-*")):
        if but is None or not outdated.name.startswith(but):
            files.remove(outdated)
    files.remove(_note_of(path))


def _note_of(path: Path) -> Path:
    """Return where it stands which file a copy is of."""
    return READABLE_FOLDER / f"{_source_hash(path)}.source"


def _source_hash(path: Path) -> str:
    return _short_hash(str(path.resolve()))


def _short_hash(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()[:16]


def shown_name(name: str) -> str:
    r"""Return the name of a file as text: bytes of it that are no UTF-8 as `\xff`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def one_line(error: Exception) -> str:
    """Return an error's message without line breaks."""
    return " ".join(str(error).split())
