"""What the process that draws the orders means for one person: chances and expected counts.

All of it is computed from what the generator knows, the coming falls included; nothing is drawn.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import gammainc, gammaincc, gammainccinv

from targeted_lists.sample.activity import HORIZON, day_factors, find_share_before, run_clocks
from targeted_lists.sample.futures import extend_levels
from targeted_lists.sample.people import DAYS, SEGMENTS, START

_NODES = 32


def find_order_probabilities(
    buyers: pd.DataFrame,
    *,
    levels: np.ndarray,
    orders: pd.DataFrame,
    start: pd.Timestamp,
    days: int,
) -> np.ndarray:
    """Return the probability that each buyer orders in a window, without any message.

    A regular buyer's gap between orders is Gamma(shape, 1 / shape) in operational time, so
    with u of it gone since the last order and w of it in the window, the probability is
    1 - S(u + w) / S(u), S the gap's chance of being longer. A customer of before START who has
    not ordered yet is in a gap of which a uniform part was left; who is to join has the join
    day. A buyer of one order has none left after it, and before it the share of the shop's
    days in the window among those that remain.

    Within a day orders come evenly in operational time: that is the only approximation.

    Parameters
    ----------
    levels : the factor `orders` of `shape_levels`, buyers x days; the window must be in them.
    orders : as `draw_orders` returns them, without those that messages caused, which leave the
        process alone.
    start : the first moment of the window, on the hour.
    days : how long it is.

    Returns
    -------
    numpy.ndarray : one probability per buyer, in [0, 1].
    """
    gone, ahead, has_ordered = _measure_window(
        buyers, levels=levels, orders=orders, start=start, days=days
    )
    shape = find_shapes(buyers)
    before, after = (
        np.where(
            has_ordered, gammaincc(shape, shape * time), survive_part_of_gap(time, shape=shape)
        )
        for time in (gone, gone + ahead)
    )
    renewal = 1 - np.divide(after, before, out=np.zeros(len(buyers)), where=before > 0)
    day = (start - pd.Timestamp(START)).days
    is_due = buyers["join_day"].between(day, day + days - 1).to_numpy()
    is_new = (buyers["join_day"] >= 0).to_numpy()
    renewal = np.where(~has_ordered & is_new, is_due, renewal)
    single = np.where(has_ordered, 0, _find_single_probabilities(buyers, start=start, days=days))
    return np.clip(np.where(buyers["base_rate"] > 0, renewal, single), 0, 1)


def survive_part_of_gap(time: np.ndarray, *, shape: np.ndarray) -> np.ndarray:
    """Return the chance that a uniform part of a gap is longer than `time`; shape is above 1."""
    shorter = gammaincc(np.maximum(shape - 1, 1e-9), shape * time)
    return gammaincc(shape, shape * time) - time * shape / np.maximum(shape - 1, 1e-9) * shorter


def count_expected_orders(
    buyers: pd.DataFrame,
    *,
    levels: np.ndarray,
    declines: pd.DataFrame,
    orders: pd.DataFrame,
    days: int,
) -> np.ndarray:
    """Return how many orders each buyer is expected to place in the days after the end.

    The count of renewals in the operational time of the window, after the one gone since the
    last order; who has not ordered yet counts as at the beginning of a gap. Levels are those
    drawn for the first days, up to the horizon, and later the mean of the falls' own process
    (`extend_levels`).

    Returns
    -------
    numpy.ndarray : one expected count per buyer; 0 for buyers of one order.
    """
    extended = extend_levels(buyers, levels=levels, declines=declines, days=DAYS + days - HORIZON)
    gone, ahead, has_ordered = _measure_window(
        buyers,
        levels=extended,
        orders=orders,
        start=pd.Timestamp(START) + pd.Timedelta(days=DAYS),
        days=days,
    )
    counts = np.zeros(len(buyers))
    is_regular = (buyers["base_rate"] > 0).to_numpy()
    for shape in np.unique(find_shapes(buyers)[is_regular]):
        at = is_regular & (find_shapes(buyers) == shape)
        counts[at] = count_renewals(np.where(has_ordered, gone, 0)[at], ahead[at], shape=shape)
    return counts


def count_renewals(gone: np.ndarray, ahead: np.ndarray, *, shape: float) -> np.ndarray:
    """Return the mean number of renewals in `ahead`, given `gone` since the last one.

    Gaps are Gamma(shape, 1 / shape). The time x of the first renewal has a known distribution;
    after it the renewal function counts, M(y) = sum over n of P(Gamma(n shape) <= shape y).
    """
    longest = float(np.max(ahead, initial=0.0))
    grid = np.linspace(0, max(longest, 1e-9), 2001)
    numbers = np.arange(1, int(longest * 2 + 20))
    renewals = gammainc(numbers[:, None] * shape, shape * grid).sum(axis=0)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    survival = gammaincc(shape, shape * gone)
    first = 1 - gammaincc(shape, shape * (gone + ahead)) / survival
    part = first[:, None] * (nodes + 1) / 2
    time = gammainccinv(shape, survival[:, None] * (1 - part)) / shape - gone[:, None]
    later = np.interp(ahead[:, None] - time, grid, renewals)
    return first * (1 + (later * weights / 2).sum(axis=1))


def find_shapes(buyers: pd.DataFrame) -> np.ndarray:
    """Return the shape of each buyer's gaps."""
    return (
        buyers["segment"]
        .map({name: one.regularity for name, one in SEGMENTS.items()})
        .to_numpy(dtype=float)
    )


def find_elapsed(
    buyers: pd.DataFrame, *, levels: np.ndarray, orders: pd.DataFrame, at: pd.Timestamp
) -> np.ndarray:
    """Return the operational time gone since the last order (of before START: since START)."""
    return _measure_window(buyers, levels=levels, orders=orders, start=at, days=0)[0]


def _measure_window(
    buyers: pd.DataFrame,
    *,
    levels: np.ndarray,
    orders: pd.DataFrame,
    start: pd.Timestamp,
    days: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the operational time since the last order, that in the window, who has ordered."""
    clocks = np.pad(run_clocks(buyers, levels=levels), ((0, 0), (1, 0)))
    past = orders[(orders["buyer"] >= 0) & (orders["ordered_at"] < start)]
    last = past.groupby("buyer")["ordered_at"].max().reindex(range(len(buyers)))
    has_ordered = last.notna().to_numpy()
    last_day = (last - pd.Timestamp(START)).dt.days.fillna(0).to_numpy(dtype=int)
    day = (start - pd.Timestamp(START)).days
    part = find_share_before(start.hour)[buyers["channel"]]
    rows = np.arange(len(buyers))
    now = clocks[:, day] + part * (clocks[:, day + 1] - clocks[:, day])
    end = day + days
    # A window that ends at the last day's end needs no day after it.
    after = clocks[:, min(end + 1, clocks.shape[1] - 1)]
    then = clocks[:, end] + part * (after - clocks[:, end])
    middle = (clocks[rows, last_day] + clocks[rows, last_day + 1]) / 2
    gone = now - np.where(has_ordered, np.minimum(middle, now), 0)
    return gone, then - now, has_ordered


def _find_single_probabilities(
    buyers: pd.DataFrame, *, start: pd.Timestamp, days: int
) -> np.ndarray:
    """Return the chance that a single order which has not come yet comes in the window."""
    first, last = np.array([SEGMENTS[name].joins for name in buyers["segment"]]).T[:, :, None]
    number = np.arange(HORIZON)
    weights = day_factors() * (number >= first) * (number <= last)
    day = (start - pd.Timestamp(START)).days
    left = weights[:, day:].sum(axis=1)
    within = weights[:, day : day + days].sum(axis=1)
    return np.divide(within, left, out=np.zeros(len(buyers)), where=left > 0)
