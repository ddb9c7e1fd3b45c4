"""The figures at the head of the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from targeted_lists.dashboard.figures import NOTHING_PICKED, Desk
from targeted_lists.dashboard.texts import UNKNOWN

SALES = """
    select
        scores.segment,
        count(distinct orders.customer_id) as customers,
        count(*) as orders,
        sum(orders.bought_revenue)::double as revenue
    from core.fct_orders as orders
    left join rfm.rfm_scores as scores
        on orders.customer_id = scores.customer_id and scores.basis = 'bought'
    where orders.is_bought
    group by all
    order by all
"""
MEMBERS = """
    select scores.segment, count(*) as members, coalesce(
            sum(members.expected_value) filter (where members.lift_basis <> 'answers'), 0
        )::double as value
    from targeting.list_members as members
    left join rfm.rfm_scores as scores
        on members.customer_id = scores.customer_id and scores.basis = 'bought'
    group by all
    order by all
"""


@dataclass(frozen=True)
class Headline:
    """One figure with its name.

    Attributes
    ----------
    values : the figure as it is written, by segment; that of everyone has the key "".
    """

    key: str
    name: str
    values: dict[str, str]


def read_headlines(desk: Desk) -> list[Headline]:
    """Return the figures at the head of the page, of everyone and of each segment."""
    texts = desk.texts
    headlines = []
    for query, measures in (
        (
            SALES,
            {
                "customers": lambda row: texts.number(row["customers"]),
                "orders": lambda row: texts.number(row["orders"]),
                "revenue": lambda row: texts.number(row["revenue"]),
                "mean_receipt": lambda row: texts.number(row["revenue"] / row["orders"], 2),
            },
        ),
        (
            MEMBERS,
            {
                "list_members": lambda row: texts.number(row["members"]),
                "expected_margin": lambda row: texts.number(row["value"]),
            },
        ),
    ):
        rows = desk.source.read(query)
        headlines += [
            Headline(key, texts.column(key), _by_segment(desk, rows, write))
            for key, write in measures.items()
        ]
    return headlines


def _by_segment(
    desk: Desk, rows: pd.DataFrame, write: Callable[[pd.Series], str]
) -> dict[str, str]:
    if rows.empty:
        return {NOTHING_PICKED: UNKNOWN}
    everyone = rows.drop(columns="segment").sum()
    return {
        NOTHING_PICKED: write(everyone),
        **{
            desk.texts.value("segment", row["segment"]): write(row)
            for _, row in rows.dropna(subset=["segment"]).iterrows()
        },
    }
