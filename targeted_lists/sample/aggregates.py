"""Customers of a partner marketplace that passes on totals and no orders."""

from __future__ import annotations

import numpy as np
import pandas as pd

from targeted_lists.sample.people import END

LABEL_DATE = "2026-04-01 00:00:00"
_CHANNELS = ("web", "app", "marketplace")
_PERIODS = 6
_LABELLED = 30


def draw_aggregates(
    rng: np.random.Generator, *, customers: int, categories: list[str]
) -> dict[str, pd.DataFrame]:
    """Draw the five inputs that know customers by totals alone.

    Totals are the sums of the other inputs, plus what is older than the six months that come by
    period. Labels tell, as of the middle of these months, who ordered less than half as often
    after it. The spend of three customers is not known.

    Returns
    -------
    dict of frames named as the inputs, revenue and margin in whole cents; customers are M001
        onwards and in no other input of sales.
    """
    ids = np.array([f"M{i:03d}" for i in range(1, customers + 1)])
    months = pd.date_range(end=pd.Timestamp(END), periods=_PERIODS + 1, freq="MS")[:-1]
    rate = rng.gamma(2, 0.6, customers)
    falls = rng.random(customers) < 0.3
    level = np.where(falls[:, None] & (np.arange(_PERIODS) >= _PERIODS // 2), 0.2, 1.0)
    orders = rng.poisson(rate[:, None] * level)
    receipt = rng.integers(1500, 9000, orders.shape)
    revenue = orders * receipt
    margin = (revenue * rng.uniform(0.25, 0.45, orders.shape)).round().astype("int64")
    customer, period = np.nonzero(orders)
    at = (customer, period)
    periods = pd.DataFrame(
        {
            "customer_id": ids[customer],
            "period_start": months[period],
            "orders": orders[at],
            "revenue": revenue[at],
            "margin": margin[at],
        }
    )
    older = 1 + rng.poisson(3 * rate)
    older_revenue = older * rng.integers(1500, 9000, customers)
    last = np.where(orders > 0, np.arange(_PERIODS), -1).max(axis=1)
    month_ends = np.append(months[1:], pd.Timestamp(END))
    days_to_month_end = (pd.Timestamp(END) - pd.DatetimeIndex(month_ends[last])).days.to_numpy()
    recency = np.where(
        last >= 0,
        days_to_month_end + rng.integers(0, 27, customers),
        rng.integers(185, 400, customers),
    )
    totals = pd.DataFrame(
        {
            "customer_id": ids,
            "as_of_date": END,
            "recency_days": recency,
            "orders": orders.sum(axis=1) + older,
            "revenue": revenue.sum(axis=1) + older_revenue,
            "margin": margin.sum(axis=1) + (0.35 * older_revenue).round().astype("int64"),
            "tenure_days": 400 + rng.integers(0, 900, customers),
        }
    ).astype({"revenue": "Int64", "margin": "Int64"})
    spend = _split(rng, totals["revenue"].to_numpy("int64"), parts=len(categories))
    visits = _split(rng, totals["orders"].to_numpy(), parts=len(_CHANNELS))
    totals.loc[rng.choice(customers, size=3, replace=False), ["revenue", "margin"]] = pd.NA
    half = _PERIODS // 2
    is_less = orders[:, half:].sum(axis=1) < 0.5 * orders[:, :half].sum(axis=1)
    labelled = np.flatnonzero(orders[:, :half].sum(axis=1) >= 2)[:_LABELLED]
    return {
        "customer_totals": totals,
        "customer_period_totals": periods,
        "customer_category_spend": _melt(ids, categories, spend, ("category", "revenue")),
        "customer_channel_orders": _melt(ids, list(_CHANNELS), visits, ("channel", "orders")),
        "activity_labels": pd.DataFrame(
            {
                "customer_id": ids[labelled],
                "as_of_date": LABEL_DATE,
                "label": np.where(is_less[labelled], "declined", "steady"),
            }
        ),
    }


def _split(rng: np.random.Generator, totals: np.ndarray, *, parts: int) -> np.ndarray:
    """Split whole numbers into parts that sum to them; most of it falls to a few parts."""
    return rng.multinomial(totals, rng.dirichlet([0.4] * parts, size=len(totals)))


def _melt(
    ids: np.ndarray, names: list[str], values: np.ndarray, columns: tuple[str, str]
) -> pd.DataFrame:
    """Return one row per customer and name where the value is not zero."""
    row, column = np.nonzero(values)
    name, value = columns
    return pd.DataFrame(
        {"customer_id": ids[row], name: np.array(names)[column], value: values[row, column]}
    )
