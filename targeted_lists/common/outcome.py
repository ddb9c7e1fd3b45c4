"""What a command ends with: a sentence that stops it, or what it found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class UserError(Exception):
    """Something only the user can put right; the message says what, in sentences for people."""

    exit_code = 1


@dataclass(frozen=True)
class Outcome:
    """How a command ended.

    Attributes
    ----------
    data : what it found or wrote, for `--json`: texts, numbers, days, and lists and dicts of them.
    is_done : whether it did what was asked; `check` may find that a run cannot go.
    """

    data: dict[str, Any] = field(default_factory=dict)
    is_done: bool = True


def as_records(columns: tuple[str, ...], rows: list[tuple]) -> list[dict[str, Any]]:
    """Return the rows of a query as dicts.

    >>> as_records(("list_name", "members"), [("win_back", 268)])
    [{'list_name': 'win_back', 'members': 268}]
    """
    return [dict(zip(columns, row, strict=True)) for row in rows]
