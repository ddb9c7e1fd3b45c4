"""How far predictions are from what came: level, deciles, ranking and whole distributions."""

import numpy as np
import pandas as pd
from scipy.stats import chisquare, rankdata

from python_ml.clv.families import FittedFamily
from python_ml.clv.histories import collapse
from python_ml.clv.predicting import UPPER, predict_chances

N_DECILES = 10
BINS = 10

DECILE_TYPES = {
    "decile": "int64",
    "customers": "int64",
    "predicted_orders": "float64",
    "actual_orders": "float64",
    "predicted_margin": "float64",
    "actual_margin": "float64",
}


def take_deciles(predicted: np.ndarray) -> np.ndarray:
    """Return deciles of equal size, 1 for the lowest; of equal predictions the first are lower.

    Examples
    --------
    >>> take_deciles(np.array([3.0, 1.0, 2.0, 0.0, 0.0])).tolist()
    [9, 5, 7, 1, 3]
    """
    ranks = rankdata(predicted, method="ordinal") - 1
    return (ranks * N_DECILES // max(len(predicted), 1)).astype(int) + 1


def measure_pair(predicted: np.ndarray, actual: np.ndarray) -> dict[str, float]:
    """Return totals and errors of predictions, of customers for whom both are known.

    Returns
    -------
    `predicted` and `actual` totals, `ratio` of the two, `mae`, `decile_gap` (the mean over ten
    deciles by prediction of |predicted - actual| over the mean of what came), `rank_correlation`
    (Spearman's) and `top_fifth` (share of the actual total that the fifth with the highest
    predictions brought). NaN where nothing came or nobody is known.

    Examples
    --------
    >>> found = measure_pair(np.arange(10.0), np.arange(10.0) * 2)
    >>> found["ratio"], round(found["decile_gap"], 2), round(found["top_fifth"], 2)
    (0.5, 0.5, 0.38)
    """
    is_known = ~np.isnan(predicted) & ~np.isnan(actual)
    predicted, actual = predicted[is_known], actual[is_known]
    names = ("predicted", "actual", "ratio", "mae", "decile_gap", "rank_correlation", "top_fifth")
    if not len(predicted):
        return dict.fromkeys(names, float("nan"))
    total = float(actual.sum())
    deciles = take_deciles(predicted)
    sizes = np.bincount(deciles, minlength=N_DECILES + 1)[1:]
    gaps = np.abs(np.bincount(deciles, predicted - actual, minlength=N_DECILES + 1)[1:])
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.mean((gaps / sizes)[sizes > 0]) / (total / len(actual))
        ratio, top = predicted.sum() / total, actual[deciles > 0.8 * N_DECILES].sum() / total
    is_ranked = np.ptp(predicted) > 0 and np.ptp(actual) > 0
    ranks = np.corrcoef(rankdata(predicted), rankdata(actual))[0, 1] if is_ranked else np.nan
    values = (
        float(predicted.sum()),
        total,
        *((float(ratio), float(np.abs(predicted - actual).mean()), float(gap))),
        float(ranks),
        float(top),
    )
    found = dict(zip(names, values, strict=True))
    if not total > 0:
        found |= {"ratio": np.nan, "decile_gap": np.nan, "top_fifth": np.nan}
    # Equal predictions rank nobody.
    return found if np.ptp(predicted) > 0 else found | {"top_fifth": np.nan}


def measure_distribution(
    read: pd.DataFrame, *, fitted: FittedFamily, weeks: float, seed: int = 42
) -> dict[str, float]:
    """Return how well predicted distributions of orders agree with `outcome_orders`.

    What came is placed in its predicted distribution, at random within its own probability
    (randomised PIT): the places are uniform where the distributions are right.

    Returns
    -------
    `pit_p_value` of ten equal bins (chi-square), `pit_largest_gap` of a bin's share to a tenth,
    and `upper_coverage`, the share below the upper end of the range, randomised at ties (0.9).

    References
    ----------
    Czado, Gneiting and Held (2009), Predictive model assessment for count data, Biometrics 65.

    Examples
    --------
    >>> parameters = {"r": 0.2426, "alpha": 4.4135, "a": 0.7929, "b": 2.4258}
    >>> fitted = FittedFamily("bg_nbd", parameters, None, None, 0, 9, 9, False, None)
    >>> read = pd.DataFrame({"repeat_orders": [2.0] * 9, "recency_weeks": 30.43})
    >>> read = read.assign(age_weeks=38.86, outcome_orders=500)
    >>> measure_distribution(read, fitted=fitted, weeks=39.0)["upper_coverage"]
    0.0
    """
    rows, index = collapse(read)
    orders = read["outcome_orders"].to_numpy(float)
    places = predict_chances(fitted, rows, index=index, orders=orders, weeks=weeks, seed=seed)
    return measure_places(*places, seed=seed)


def measure_places(fewer: np.ndarray, at_most: np.ndarray, *, seed: int = 42) -> dict[str, float]:
    """Return the measures of `measure_distribution` from P(fewer than came) and P(at most).

    Examples
    --------
    >>> ends = np.linspace(0, 1, 101)
    >>> measure_places(ends[:-1], ends[1:])["upper_coverage"]
    0.9
    """
    places = fewer + np.random.default_rng(seed).random(len(fewer)) * (at_most - fewer)
    counts = np.bincount(np.minimum((places * BINS).astype(int), BINS - 1), minlength=BINS)
    return {
        "pit_p_value": float(chisquare(counts).pvalue),
        "pit_largest_gap": float(np.abs(counts / len(places) - 1 / BINS).max()),
        "upper_coverage": float((places <= UPPER).mean()),
    }


def measure_deciles(predicted: pd.DataFrame, read: pd.DataFrame) -> list[dict]:
    """Return a row per decile of predicted orders: means per customer, predicted and actual.

    Examples
    --------
    >>> predicted = pd.DataFrame({"orders": np.arange(10.0), "margin": np.arange(10.0) * 5})
    >>> read = pd.DataFrame({"outcome_orders": np.ones(10), "outcome_margin": np.nan})
    >>> row = measure_deciles(predicted, read)[9]
    >>> row["decile"], row["predicted_orders"], row["actual_orders"], row["actual_margin"]
    (10, 9.0, 1.0, nan)
    """
    frame = pd.DataFrame(
        {
            "decile": take_deciles(predicted["orders"].to_numpy()),
            "predicted_orders": predicted["orders"].to_numpy(),
            "actual_orders": read["outcome_orders"].to_numpy(float),
            "predicted_margin": predicted["margin"].to_numpy(),
            "actual_margin": read["outcome_margin"].to_numpy(float),
        }
    )
    # Means of the margin of the same customers.
    money = ["predicted_margin", "actual_margin"]
    frame.loc[frame[money].isna().any(axis=1), money] = np.nan
    grouped = frame.groupby("decile")
    means = grouped.mean().assign(customers=grouped.size()).reset_index()
    return means[list(DECILE_TYPES)].to_dict("records")
