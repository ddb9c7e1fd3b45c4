"""Records of CSV as they are meant: a quote that was opened by mistake swallows no others."""

from __future__ import annotations

import csv
import functools
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator

# Characters that Unicode keeps out of every text; the macro row_fault looks for them.
OPEN_QUOTE = "\ufdd1"
# Instead of a line that is longer than DuckDB is asked to read.
TOO_LONG = "\ufdd3"
LONGEST_LINE = 16_000_000
# A quoted field of more lines than this was never meant to be one.
MAX_LINES = 500

csv.field_size_limit(LONGEST_LINE)


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
