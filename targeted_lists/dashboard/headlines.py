"""The figures at the head of the page."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from targeted_lists.dashboard.figures import NOTHING_PICKED, Desk
from targeted_lists.dashboard.texts import MONEY_COUNTS, UNKNOWN

METRICS = """
    select metric, segment, value
    from metrics.metrics
    where month = 'all'
        and metric in ('customers', 'orders', 'revenue', 'average_order_value', 'list_size')
    order by all
"""
# What is written of each: decimals, and the words, which figures with the same base say as well.
DECIMALS = {"customers": 0, "orders": 0, "revenue": 0, "average_order_value": 2, "list_size": 0}
WORDS = {"list_size": "members"}
ADDED = """
    select
        case grouping(scores.segment)
            when 1 then 'all'
            else coalesce(scores.segment, 'no segment')
        end as segment,
        case
            when count(*) > 0 and count(members.expected_value) = 0 then null
            else coalesce(
                sum(members.expected_value) filter (where members.lift_basis <> 'responses'), 0
            )
        end::double as value
    from lists.list_members as members
    left join rfm.rfm_scores as scores
        on members.customer_id = scores.customer_id and scores.basis = 'bought'
    group by grouping sets ((), (scores.segment))
    order by all
"""


@dataclass(frozen=True)
class Headline:
    """One figure with its name.

    Attributes
    ----------
    names : what it counts, in words: of everyone, and of a segment that is picked.
    values : the figure as it is written, by segment; that of everyone has the key "".
    """

    key: str
    names: tuple[str, str]
    values: dict[str, str]


def read_headlines(desk: Desk) -> list[Headline]:
    """Return the figures at the head of the page, of everyone and of each segment."""
    metrics = desk.source.read(METRICS)
    headlines = [
        Headline(
            name,
            _name(desk, WORDS.get(name, name)),
            _by_segment(desk, name, metrics[metrics["metric"] == name], decimals=decimals),
        )
        for name, decimals in DECIMALS.items()
    ]
    margin = "expected_margin"
    added = _by_segment(desk, margin, desk.source.read(ADDED), decimals=0)
    return [*headlines, Headline(margin, _name(desk, margin), added)]


def _name(desk: Desk, words: str) -> tuple[str, str]:
    return desk.texts.count(words), desk.texts.count(words, is_segment=True)


def _by_segment(desk: Desk, key: str, rows: pd.DataFrame, *, decimals: int) -> dict[str, str]:
    write = desk.texts.money if key in MONEY_COUNTS else desk.texts.number
    written = {row["segment"]: write(row["value"], decimals) for _, row in rows.iterrows()}
    return {
        NOTHING_PICKED: written.get("all", UNKNOWN),
        **{
            desk.texts.value("segment", segment): number
            for segment, number in written.items()
            if segment not in ("all", "no segment")
        },
    }
