"""How active customers are expected to be after the days that are drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from targeted_lists.sample.activity import (
    DAILY_HAZARD,
    END_OF_WARNING,
    FALL_DAYS,
    HORIZON,
    LOW,
    RECOVERED,
    REST_DAYS,
    WARNING_DAYS,
)
from targeted_lists.sample.people import REGULARS


def extend_levels(
    buyers: pd.DataFrame, *, levels: np.ndarray, declines: pd.DataFrame, days: int
) -> np.ndarray:
    """Add the mean levels of the days after the horizon to those that are drawn.

    The process of falls goes on: a fall that is on at the horizon recovers as others do (at the
    horizon, if it is older than any of them), and new ones come with the same hazard to those
    who do not rest from the last. Levels of all others stay.

    Parameters
    ----------
    levels : the factor `orders` of `shape_levels`, buyers x HORIZON.
    declines : as `draw_declines` returns them.

    Returns
    -------
    numpy.ndarray : buyers x (HORIZON + days).
    """
    if days <= 0:
        return levels
    calm = expect_calm_levels(days)
    later = np.repeat(levels[:, -1:], days, axis=1)
    falls_of = dict(list(declines.groupby("buyer")))
    for buyer in np.flatnonzero(buyers["segment"].isin(REGULARS)):
        base, rest, low = 1.0, 0, None
        for fall in falls_of[buyer].itertuples() if buyer in falls_of else ():
            if fall.recovery_day < HORIZON:
                base *= fall.recovered
                rest = fall.recovery_day + REST_DAYS - HORIZON
            elif fall.start_day < HORIZON:
                low, recovered, age = fall.low, fall.recovered, HORIZON - fall.start_day
        if low is None:
            later[buyer] = base * _delay(calm, max(0, rest))
        else:
            later[buyer] = base * _follow_fall(calm, age=age, low=low, recovered=recovered)
    return np.hstack([levels, later])


def expect_calm_levels(days: int) -> np.ndarray:
    """Return the mean level of the next days of a regular customer without a fall, from 1.

    A fall begins on the day `floor(X)`, X exponential; before it the level sinks through the
    precursors, in it it is `LOW`, after it `RECOVERED` for as long as no other begins. Both are
    the means of what is drawn, and so are the lengths; levels multiply and are independent. A
    fall's precursors do not reach back into the fall before it.
    """
    longest = WARNING_DAYS[1]
    still_calm = np.exp(-DAILY_HAZARD * np.arange(days + longest + 1))
    begins = -np.diff(still_calm)
    ahead = np.arange(1, longest)
    sunk = np.maximum(0, 1 - ahead / np.arange(*WARNING_DAYS)[:, None]).mean(axis=0)
    warned = 1 - (1 - END_OF_WARNING) * sunk
    calm = np.zeros(days)
    in_fall = np.zeros(days)
    for now in range(days):
        in_fall[now] = _follow_fall(
            calm[: now + 1], age=0, low=np.mean(LOW), recovered=np.mean(RECOVERED)
        )[now]
        calm[now] = still_calm[now + longest] + (begins[now + ahead] * warned).sum()
        calm[now] += (begins[: now + 1] * in_fall[now::-1]).sum()
    return calm


def _follow_fall(calm: np.ndarray, *, age: int, low: float, recovered: float) -> np.ndarray:
    """Return the mean levels of the days after a fall of some age: low, recovered, and on."""
    day = np.arange(len(calm))
    mean = np.zeros(len(calm))
    lengths = np.arange(*FALL_DAYS)
    for length in lengths:
        left = max(0, length - age)
        mean += np.where(day < left, low, recovered * _delay(calm, left + REST_DAYS))
    return mean / len(lengths)


def _delay(levels: np.ndarray, days: int) -> np.ndarray:
    """Return levels that begin after some days, with 1 until then."""
    return np.concatenate([np.ones(days), levels])[: len(levels)]
