"""Orders and margin to come of each customer in some weeks, by a fitted family."""

import numpy as np
import pandas as pd

from python_ml.clv.families import FittedFamily
from python_ml.clv.histories import collapse
from python_ml.clv.money import FittedMoney, MarginRanges, predict_means
from python_ml.clv.predicting import (
    LOWER,
    RANGES,
    UPPER,
    Members,
    iterate_tails,
    take_quantile,
)


def predict_customers(
    read: pd.DataFrame,
    *,
    fitted: FittedFamily,
    money: FittedMoney | None,
    weeks: float,
    has_ranges: bool = True,
    seed: int = 42,
) -> pd.DataFrame:
    """Return RANGES for each customer, in the order of the rows.

    Parameters
    ----------
    read : histories of use as `read_histories` returns them.
    fitted : a family with parameters. money : None for orders alone.
    weeks : to predict. has_ranges : else lower and upper are NaN.

    Returns
    -------
    Expected orders and margin with the quantiles LOWER and UPPER; margins are NaN where the
    customer's is not known. Where Gamma-Gamma does not hold, the range of the margin is that of
    the orders times the expected margin of one.

    Examples
    --------
    >>> parameters = {"r": 0.2426, "alpha": 4.4135, "a": 0.7929, "b": 2.4258}
    >>> fitted = FittedFamily("bg_nbd", parameters, None, None, 0, 9, 9, False, None)
    >>> read = pd.DataFrame({"repeat_orders": [2.0], "recency_weeks": 30.43, "age_weeks": 38.86})
    >>> found = predict_customers(read, fitted=fitted, money=None, weeks=39.0)
    >>> found[["orders", "orders_lower", "orders_upper"]].round(2).to_numpy().tolist()
    [[1.23, 0.0, 3.0]]
    """
    rows, index = collapse(read)
    found = {name: np.full(len(rows), np.nan) for name in RANGES[:3]}
    means, is_gamma = np.full(len(read), np.nan), np.zeros(len(read), dtype=bool)
    ranges = None
    if money is not None:
        means, is_gamma = predict_means(read, money=money)
        if has_ranges and is_gamma.any():
            ranges = MarginRanges(money.gamma_gamma)
            own = np.flatnonzero(is_gamma)
            n = np.nan_to_num(read["margin_orders"].to_numpy(float))[own]
            pairs, pair = np.unique(
                np.column_stack([index[own], n.astype(np.int64)]), axis=0, return_inverse=True
            )
            members = Members(pairs[:, 0], rows=len(rows))
            relative = np.zeros((len(pairs), 2))
    for tails in iterate_tails(fitted, rows, weeks=weeks, seed=seed):
        found["orders"][tails.index] = tails.expected
        if not has_ranges:
            continue
        found["orders_lower"][tails.index] = take_quantile(tails.above, LOWER)
        found["orders_upper"][tails.index] = take_quantile(tails.above, UPPER)
        if ranges is not None:
            members_here, place = members.take(tails.index)
            relative[members_here] = ranges.take(tails, place=place, n=pairs[members_here, 1])
    predicted = pd.DataFrame({name: values[index] for name, values in found.items()})
    ends = predicted[["orders_lower", "orders_upper"]].to_numpy() * means[:, None]
    ends = np.sort(ends, axis=1)
    if ranges is not None:
        mean = read["mean_margin"].to_numpy(float)[own]
        ends[own] = relative[pair] * ranges.scale(mean_margin=mean, n=n)[:, None]
    predicted["margin"] = predicted["orders"].to_numpy() * means
    predicted[["margin_lower", "margin_upper"]] = ends
    return predicted[RANGES]
