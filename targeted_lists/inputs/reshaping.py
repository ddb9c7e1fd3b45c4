"""Rows of a platform that are not one order line each, and what becomes of them.

A cell that holds all lines of an order becomes a row a line, the text of a document its number and
its time, and a row that sums up the others is told from them. The macro reshaped_rows does so
while a file is read; here are the columns that this gives, and the same for the rows that `init`
looks at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

DOCUMENT_NUMBER, DOCUMENT_TIME = "document number", "document time"
# The macro reshaped_rows has these patterns too.
DOCUMENT = re.compile(r"(?P<number>\S*\d\S*)\s+(?:от|of|from)\s+(?P<time>\d.*)$")
FIELD = re.compile(r"(\w+):(.*)", re.S)
PACKED = "packed "
# Cells from which the names of packed fields are taken, where nothing reads them.
NAMED_BY = 1_000


class Shape(Protocol):
    """The settings that say how rows are made others."""

    packed: str
    document: str
    total: str


@dataclass(frozen=True)
class Reshaped:
    """What is made of the columns of a file.

    Attributes
    ----------
    width : of its own header. packed, document : places in it; None where there is none.
    names : of the fields of packed cells, each of which becomes a column.
    """

    width: int
    packed: int | None = None
    document: int | None = None
    names: list[str] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """The columns that come behind those of the header."""
        return [
            *(f"{PACKED}{name}" for name in self.names),
            *([DOCUMENT_NUMBER, DOCUMENT_TIME] if self.document is not None else []),
        ]


def find_reshaped(
    header: list[str], settings: Shape, cells: Iterable[str] = (), read: Iterable[str] = ()
) -> Reshaped:
    """Return what is made of the columns of a file.

    Parameters
    ----------
    cells : packed ones, whose fields are columns. read : columns that something is read from.
    """
    lowered = [name.strip().lower() for name in header]
    packed = place_of(settings.packed, lowered)
    found = [name for cell in cells for line in unpack(cell) for name in line]
    wanted = [one[len(PACKED) :] for one in read if one.lower().startswith(PACKED)]
    return Reshaped(
        width=len(header),
        packed=packed,
        document=place_of(settings.document, lowered),
        names=list(dict.fromkeys([*found, *wanted])) if packed is not None else [],
    )


def reshape_rows(rows: list[list[str]], settings: Shape) -> Iterator[list[str]]:
    """Return rows, each of one order line, the header first; those that sum up others left out."""
    header, *rest = rows
    lowered = [name.strip().lower() for name in header]
    place = place_of(settings.packed, lowered)
    cells = (row[place] for row in rest if len(row) > place) if place is not None else ()
    reshaped = find_reshaped(header, settings, cells)
    document, total = reshaped.document, settings.total.lower()
    yield [*header, *reshaped.columns]
    for row in rest:
        if len(row) != len(header) or (total and row[0].strip().lower().startswith(total)):
            continue
        further: list[str] = []
        if document is not None:
            found = DOCUMENT.search(row[document])
            further = [found["number"], found["time"]] if found else ["", ""]
        for line in [{}] if place is None else unpack(row[place]):
            yield [*row, *(line.get(name, "") for name in reshaped.names), *further]


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
        line: dict[str, str] = {}
        for one in re.split(r"\|(?=\w+:)", text):
            if found := FIELD.match(one):
                line.setdefault(found[1], found[2].strip())
        lines.append(line)
    return lines
