"""Histories of the public data sets, and simulated ones, for the tests of `python_ml.clv`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from python_ml.clv.histories import FEATURE_WEEKS

CDNOW = Path("cdnow") / "CDNOW_sample.txt"
ONLINE_RETAIL = Path("online_retail") / "online_retail.csv.gz"


def find_file(folder: Path, name: Path) -> Path:
    """Return a file of the public data sets, or skip the test."""
    if not (folder / name).is_file():
        pytest.skip(f"the data set is not at {folder / name}")
    return folder / name


def read_cdnow(path: Path) -> pd.DataFrame:
    """Return the order-days of CDNOW: customer_id, day, margin (here dollars)."""
    lines = pd.read_csv(
        path, sep=r"\s+", header=None, names=["master", "customer_id", "day", "cds", "margin"]
    )
    lines["day"] = pd.to_datetime(lines["day"].astype(str))
    lines["customer_id"] = lines["customer_id"].astype(str).str.zfill(4)
    return lines.groupby(["customer_id", "day"], as_index=False)["margin"].sum()


def read_online_retail(path: Path) -> pd.DataFrame:
    """Return the order-days of UCI: of customers with a number, nothing cancelled or returned."""
    lines = pd.read_csv(
        path,
        encoding="latin-1",
        dtype={"InvoiceNo": str, "CustomerID": str},
        usecols=["InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"],
    )
    is_sale = (lines["Quantity"] > 0) & ~lines["InvoiceNo"].str.startswith("C")
    lines = lines[is_sale & lines["CustomerID"].notna()]
    day = pd.to_datetime(lines["InvoiceDate"].str.partition(" ")[0], format="%m/%d/%Y")
    lines = lines.assign(day=day, margin=lines["Quantity"] * lines["UnitPrice"])
    lines = lines.rename(columns={"CustomerID": "customer_id"})
    return lines.groupby(["customer_id", "day"], as_index=False)["margin"].sum()


def to_histories(
    days: pd.DataFrame, *, cut: str, horizon_weeks: float | None = None, digits: int | None = None
) -> pd.DataFrame:
    """Return histories as of a cut (its day is future), with outcomes where the horizon is given.

    `digits` rounds weeks as published tables do.
    """
    cut = pd.Timestamp(cut)
    past = days[days["day"] < cut].sort_values(["customer_id", "day"])
    grouped = past.groupby("customer_id")
    first, last = grouped["day"].min(), grouped["day"].max()
    histories = pd.DataFrame(
        {
            "repeat_orders": grouped.size() - 1,
            "recency_weeks": (last - first).dt.days / 7,
            "age_weeks": (cut - first).dt.days / 7,
            "mean_margin": grouped["margin"].mean(),
            "margin_orders": grouped.size(),
            "orders_all": grouped.size(),
            "margin_all": grouped["margin"].sum(),
        }
    )
    if digits is not None:
        weeks = ["recency_weeks", "age_weeks"]
        histories[weeks] = histories[weeks].round(digits)
    for weeks in FEATURE_WEEKS:
        late = past[past["day"] >= cut - pd.Timedelta(days=7 * weeks)].groupby("customer_id")
        histories[f"orders_last_{weeks}_weeks"] = late.size()
        histories[f"margin_last_{weeks}_weeks"] = late["margin"].sum()
    if horizon_weeks is not None:
        end = cut + pd.Timedelta(days=round(7 * horizon_weeks))
        future = days[(days["day"] >= cut) & (days["day"] < end)].groupby("customer_id")
        histories["outcome_orders"] = future.size()
        histories["outcome_margin"] = future["margin"].sum()
    kept = ["mean_margin"]
    filled = histories.drop(columns=kept).fillna(0)
    return filled.assign(**histories[kept]).reset_index()


def to_weekly(days: pd.DataFrame) -> pd.DataFrame:
    """Return repeat orders and margin per week."""
    first = days.groupby("customer_id")["day"].transform("min")
    week = days["day"].dt.to_period("W").dt.start_time
    weekly = days.assign(week_start=week, repeat_orders=(days["day"] > first).astype(int))
    return weekly.groupby("week_start", as_index=False)[["repeat_orders", "margin"]].sum()


def hold_out(
    days: pd.DataFrame, cuts: list[tuple[str, str, float]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return histories of (period, cut_date, horizon_weeks), and those as a frame."""
    histories = [
        to_histories(days, cut=cut, horizon_weeks=weeks).assign(period=period)
        for period, cut, weeks in cuts
    ]
    columns = ["period", "cut_date", "horizon_weeks"]
    return pd.concat(histories, ignore_index=True), pd.DataFrame(cuts, columns=columns)


def simulate(
    family: str,
    parameters: list[float],
    *,
    customers: int,
    weeks: float = 78.0,
    horizon_weeks: float = 26.0,
    seed: int = 1,
) -> pd.DataFrame:
    """Return histories and outcomes of a process: customers who begin in the first half."""
    generator = np.random.default_rng(seed)
    r, alpha, third, fourth = parameters
    age = weeks - generator.uniform(0, weeks / 2, customers)
    rate = generator.gamma(r, 1 / alpha, customers)
    if family == "pareto_nbd":
        life = generator.exponential(1 / generator.gamma(third, 1 / fourth, customers))
        left = np.full(customers, np.inf)
    else:
        chance = generator.beta(third, fourth, customers)
        life = np.full(customers, np.inf)
        # Orders after the first until the one that is the last.
        left = generator.geometric(np.maximum(chance, 1e-12)).astype(float)
        left -= family == "mbg_nbd"
    times = np.zeros(customers)
    x, recency, future = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    end = age + horizon_weeks
    number = 0
    is_open = np.ones(customers, dtype=bool)
    while is_open.any():
        number += 1
        times = times + generator.exponential(1 / np.maximum(rate, 1e-12))
        is_open &= (times < end) & (times < life) & (number <= left)
        is_past = is_open & (times < age)
        x += is_past
        recency = np.where(is_past, times, recency)
        future += is_open & ~is_past
    return pd.DataFrame(
        {
            "customer_id": [f"C{one:06d}" for one in range(customers)],
            "repeat_orders": x.astype(int),
            "recency_weeks": recency,
            "age_weeks": age,
            "outcome_orders": future.astype(int),
            "is_gone": (life < age) | (x >= left),
        }
    )


def simulate_margins(parameters: list[float], *, customers: int, seed: int = 1) -> pd.DataFrame:
    """Return repeat buyers with means of so many margins as Gamma-Gamma draws them."""
    generator = np.random.default_rng(seed)
    p, q, gamma = parameters
    orders = 1 + generator.poisson(3, customers)
    rate = generator.gamma(q, 1 / gamma, customers)
    mean = generator.gamma(p * orders, 1 / rate) / orders
    return pd.DataFrame(
        {"repeat_orders": orders, "mean_margin": mean, "margin_orders": orders.astype(float)}
    )
