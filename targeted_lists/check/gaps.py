"""Months without order lines between the files of a dataset: an export may be missing."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

MONTHS = """
    select source_file, cast(date_trunc('month', ordered_at) as date) as month
    from {{ ref('int_order_lines_validated') }}
    where decision in ('accepted', 'accepted_not_modelled')
    group by source_file, month
    having month is not null
    order by month, {{ file_order('source_file') }}
"""


@dataclass(frozen=True)
class Gap:
    """Whole calendar months without an order line.

    Attributes
    ----------
    first, last : of the months, each by its first day.
    before, after : the files whose order lines come next to it.
    """

    first: date
    last: date
    before: str
    after: str


def find_gaps(found: Iterable[tuple[str, date]]) -> list[Gap]:
    """Return the months without order lines that lie between files.

    A file that has lines on both sides of such months covers them: nothing was sold then. Where
    as many months are empty as are not, the shop does not sell in every month.

    Parameters
    ----------
    found : file and month of order lines, in order of the months.
    """
    rows = list(found)
    months = list(dict.fromkeys(month for _, month in rows))
    spans = {
        file: (min(ones), max(ones))
        for file in dict.fromkeys(file for file, _ in rows)
        if (ones := [month for name, month in rows if name == file])
    }
    gaps = [
        Gap(
            first=add_months(before, 1),
            last=add_months(after, -1),
            before=[file for file, month in rows if month == before][-1],
            after=next(file for file, month in rows if month == after),
        )
        for before, after in itertools.pairwise(months)
        if add_months(before, 1) != after
        and not any(first <= before and last >= after for first, last in spans.values())
    ]
    empty = sum(count_months(gap.first, gap.last) for gap in gaps)
    return gaps if empty < len(months) else []


def add_months(month: date, count: int) -> date:
    """Return the first day of another month.

    >>> add_months(date(2025, 12, 1), 1)
    datetime.date(2026, 1, 1)
    """
    years, place = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(years, place + 1, 1)


def count_months(first: date, last: date) -> int:
    """Return how many months there are from one to another, both counted."""
    return (last.year - first.year) * 12 + last.month - first.month + 1


def describe_gaps(gaps: list[Gap]) -> str | None:
    """Say in one sentence what is missing; None where nothing is."""
    if not gaps:
        return None
    shown = "; ".join(
        f"{describe_months(gap)} between {gap.before} and {gap.after}" for gap in gaps[:3]
    )
    more = f" (and {len(gaps) - 3:,} other gaps)" if len(gaps) > 3 else ""
    return (
        f"No order line is of {shown}{more}; add the export that is missing, unless nothing was "
        "sold then."
    )


def describe_months(gap: Gap) -> str:
    """Return the months of a gap, as they are written in dates.

    >>> describe_months(Gap(date(2025, 3, 1), date(2025, 4, 1), "a.csv", "b.csv"))
    '2025-03 to 2025-04'
    """
    months = [f"{one:%Y-%m}" for one in (gap.first, gap.last)]
    return " to ".join(dict.fromkeys(months))
