"""Rows of a platform that are not one order line each, made so while they are read.

A cell that holds all lines of an order becomes a row a line, the text of a document its number and
its time, and a row that sums up the others says so in its first cell, so that the ledger can.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Protocol

DOCUMENT_NUMBER, DOCUMENT_TIME = "document number", "document time"
DOCUMENT = re.compile(r"(?P<number>\S*\d\S*)\s+(?:от|of|from)\s+(?P<time>\d.*)$")
# Before the first cell of a row that sums up the others; the macro row_fault looks for it.
TOTAL = "\ufdd4"


class Shape(Protocol):
    """The settings that say how rows are made others."""

    delimiter: str
    packed: str
    document: str
    total: str


def is_reshaped(settings: Shape) -> bool:
    """Whether rows are made others."""
    return bool(settings.packed or settings.document or settings.total)


def reshape(rows: Iterable[list[str]], settings: Shape) -> Iterator[str]:
    """Return rows as the lines of a CSV text, each of one order line.

    Parameters
    ----------
    rows : the header first.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=settings.delimiter, lineterminator="\n")
    for row in reshape_rows(iter(rows), settings):
        writer.writerow(row)
        yield text.getvalue()
        text.seek(0)
        text.truncate()


def reshape_rows(rows: Iterator[list[str]], settings: Shape) -> Iterator[list[str]]:
    """Return rows, each of one order line, the header first."""
    header = next(rows, [])
    lowered = [name.strip().lower() for name in header]
    packed = place_of(settings.packed, lowered)
    document = place_of(settings.document, lowered)
    held = list(rows) if packed is not None else rows
    names = find_names(held, packed)
    yield [
        *header,
        *(f"packed {name}" for name in names),
        *([DOCUMENT_NUMBER, DOCUMENT_TIME] if document is not None else []),
    ]
    for row in held:
        if settings.total and row and row[0].strip().lower().startswith(settings.total.lower()):
            row = [TOTAL + row[0], *row[1:]]
        cells = unpack(row[packed]) if packed is not None and len(row) > packed else [{}]
        for cell in cells:
            further = [cell.get(name, "") for name in names]
            if document is not None:
                found = DOCUMENT.search(row[document]) if len(row) > document else None
                further += [found["number"], found["time"]] if found else ["", ""]
            # A row that is ragged stays so.
            yield [*row, *further] if len(row) == len(header) else row


def place_of(heading: str, lowered: list[str]) -> int | None:
    """Return the place of a heading in a header; None where it is not there."""
    return lowered.index(heading.lower()) if heading and heading.lower() in lowered else None


def unpack(cell: str) -> list[dict[str, str]]:
    """Return what a packed cell says of each line of an order.

    >>> unpack("name:Mug|quantity:2;name:Tea|quantity:1")
    [{'name': 'Mug', 'quantity': '2'}, {'name': 'Tea', 'quantity': '1'}]
    """
    lines = []
    # A semicolon within a name does not begin a line: what follows it has no name of a field.
    for text in re.split(r";(?=\w+:)", cell.strip()):
        fields = [field.partition(":") for field in re.split(r"\|(?=\w+:)", text) if field]
        lines.append({name.strip(): value.strip() for name, _, value in fields})
    return lines or [{}]


def find_names(rows: Iterable[list[str]], packed: int | None) -> list[str]:
    """Return the names of the fields of packed cells, in the order in which they come up."""
    if packed is None:
        return []
    cells = (row[packed] for row in rows if len(row) > packed)
    return list(
        dict.fromkeys(name for cell in cells for line in unpack(cell) for name in line if name)
    )
