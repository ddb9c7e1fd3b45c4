"""Workbooks: the rows of a sheet as texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from targeted_lists.common.console import Reading

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

WORKBOOKS = (".xlsx", ".xls", ".xlsb", ".ods")


class WorkbookError(ValueError):
    """A workbook cannot be read; the message is one sentence."""


def open_workbook(path: Path) -> CalamineWorkbook:
    """Open a workbook.

    Raises
    ------
    WorkbookError : it is none.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_path(path)
    except PasswordError as error:
        raise WorkbookError(
            f"{path} is closed with a password; save it without one, or as CSV."
        ) from error
    except CalamineError as error:
        raise WorkbookError(f"{path} is not a readable workbook; export it again.") from error


def list_sheets(path: Path) -> list[str]:
    """Return the names of the sheets of a workbook.

    Raises
    ------
    WorkbookError : it is none.
    """
    return list(open_workbook(path).sheet_names)


def read_sheet(
    path: Path, sheet: str, *, decimal: str = ".", skip_lines: int = 0
) -> Iterator[list[str]]:
    """Return the rows of a sheet, the first one's where it has no name, as texts.

    A formula is the value that the program which saved the workbook saw; of merged cells the
    first one has the value, and the others are empty.

    Raises
    ------
    WorkbookError : the workbook is none, or has no such sheet.
    """
    from python_calamine import CalamineError

    with Reading(path) as reading:
        book = open_workbook(path)
        if sheet and sheet not in book.sheet_names:
            raise WorkbookError(
                f"{path} has no sheet {sheet!r}; it has {', '.join(book.sheet_names)}."
            )
        try:
            opened = book.get_sheet_by_name(sheet) if sheet else book.get_sheet_by_index(0)
            for number, row in enumerate(opened.iter_rows()):
                if number >= skip_lines:
                    yield [cell_text(cell, decimal) for cell in row]
                reading.count(number)
        except CalamineError as error:
            raise WorkbookError(f"{path} is not a readable workbook; export it again.") from error


def cell_text(cell: object, decimal: str) -> str:
    """Return a cell of a workbook as text: customer 17850, a float there, is not "17850.0"."""
    if type(cell) is str:
        return cell
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else str(cell).replace(".", decimal)
    return str(cell)
