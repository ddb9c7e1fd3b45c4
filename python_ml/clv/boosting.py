"""Gradient boosting: orders and margin to come, learned at one past cut."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import nbinom
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import KFold

from python_ml.clv.histories import COUNTS, FEATURES, MONEY, TOTALS
from python_ml.clv.predicting import LOWER, RANGES, UPPER
from python_ml.keeping import Packed, pack, unpack

MIN_TRAINING = 500
"""Customers to learn from; with fewer there is no boosting."""

MIN_BUYERS = 50
"""Of these who bought in the horizon."""

MOST_TRAINING = 50_000
"""Customers that are learned from; of more, so many are drawn."""

_LEAST_DISPERSION = 1e-6

COLUMNS = [*COUNTS, *MONEY, *FEATURES, *TOTALS]

# scikit-learn's own, but for capacity; fixed beforehand.
_PARAMETERS = {
    "max_iter": 60,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 20,
    "early_stopping": False,
}


@dataclass(frozen=True)
class TrainedBoosting:
    """Models of orders and of margin, and what makes their totals right out of fold.

    Attributes
    ----------
    orders, margin : fitted on COLUMNS; `margin` is None where none is known.
    orders_factor, margin_factor : actual over predicted totals, out of fold.
    weeks : the horizon that was learned.
    dispersion : of orders about their expectation m, out of fold: their variance is
        m + dispersion m^2 (negative binomial).
    """

    orders: HistGradientBoostingRegressor
    margin: HistGradientBoostingRegressor | None
    orders_factor: float
    margin_factor: float
    weeks: float
    dispersion: float


def train_boosting(read: pd.DataFrame, *, weeks: float, seed: int = 42) -> TrainedBoosting | None:
    """Learn from histories as of a cut what came in the weeks after it.

    Parameters
    ----------
    read : histories of use as `read_histories` returns them, in key order, with OUTCOMES.
    weeks : that the outcomes are of.

    Returns
    -------
    None where there are fewer than MIN_TRAINING customers or MIN_BUYERS of them bought.

    Examples
    --------
    >>> from python_ml.clv.histories import read_histories
    >>> x = np.tile([0, 0, 1, 2, 6], 120)
    >>> histories = pd.DataFrame({"customer_id": np.arange(600), "repeat_orders": x})
    >>> histories = histories.assign(recency_weeks=x * 3.0, age_weeks=20.0, outcome_orders=x // 2)
    >>> boosting = train_boosting(read_histories(histories), weeks=13.0)
    >>> found = predict_boosting(read_histories(histories), boosting=boosting, weeks=13.0)
    >>> print(round(found["orders"].sum() / histories["outcome_orders"].sum(), 1))
    1.0
    """
    read = read[read["outcome_orders"].notna()]
    if len(read) < MIN_TRAINING or (read["outcome_orders"] > 0).sum() < MIN_BUYERS:
        return None
    generator = np.random.default_rng(seed)
    if len(read) > MOST_TRAINING:
        read = read.iloc[np.sort(generator.permutation(len(read))[:MOST_TRAINING])]
    orders, orders_factor, dispersion = _fit(read, read["outcome_orders"], seed=seed)
    margin, margin_factor = None, float("nan")
    known = read[read["outcome_margin"].notna()]
    if len(known) >= MIN_TRAINING and known["outcome_margin"].sum() > 0:
        margin, margin_factor, _ = _fit(known, known["outcome_margin"], seed=seed)
    return TrainedBoosting(orders, margin, orders_factor, margin_factor, weeks, dispersion)


def predict_boosting(
    read: pd.DataFrame, *, boosting: TrainedBoosting, weeks: float
) -> pd.DataFrame:
    """Return RANGES of each customer, in proportion to the weeks.

    The range of orders is that of a negative binomial variable, and that of the margin as many
    times the expected margin of an order.

    Examples
    --------
    >>> read = pd.DataFrame(0.0, index=range(2), columns=COLUMNS)
    >>> model = HistGradientBoostingRegressor().fit(np.zeros((9, len(COLUMNS))), np.ones(9))
    >>> boosting = TrainedBoosting(model, None, 1.0, float("nan"), 13.0, 0.0)
    >>> predict_boosting(read, boosting=boosting, weeks=26.0)["orders"].tolist()
    [2.0, 2.0]
    """
    matrix, times = _to_matrix(read), weeks / boosting.weeks
    orders = boosting.orders.predict(matrix) * boosting.orders_factor * times
    margin = np.full(len(read), np.nan)
    if boosting.margin is not None:
        margin = boosting.margin.predict(matrix) * boosting.margin_factor * times
    shape = 1 / max(boosting.dispersion, _LEAST_DISPERSION)
    lower, upper = (nbinom.ppf(level, shape, shape / (shape + orders)) for level in (LOWER, UPPER))
    each = np.divide(margin, orders, out=np.zeros(len(read)), where=orders > 0)
    columns = (orders, lower, upper, margin, lower * each, upper * each)
    return pd.DataFrame(dict(zip(RANGES, columns, strict=True)))


def place_orders(
    boosting: TrainedBoosting, *, expected: np.ndarray, orders: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return P(fewer orders than came) and P(at most as many) for each customer.

    Examples
    --------
    >>> boosting = TrainedBoosting(None, None, 1.0, 1.0, 13.0, 1.0)
    >>> places = place_orders(boosting, expected=np.array([1.0]), orders=np.array([1]))
    >>> [one.round(2).tolist() for one in places]
    [[0.5], [0.75]]
    """
    shape = 1 / max(boosting.dispersion, _LEAST_DISPERSION)
    chance = shape / (shape + expected)
    return nbinom.cdf(orders - 1, shape, chance), nbinom.cdf(orders, shape, chance)


def pack_boosting(boosting: TrainedBoosting) -> bytes:
    """Return boosting as bytes that `unpack_boosting` opens without running what is in them.

    Examples
    --------
    >>> model = HistGradientBoostingRegressor(max_iter=1).fit([[0.0], [1.0]], [0.0, 1.0])
    >>> boosting = TrainedBoosting(model, None, 1.1, float("nan"), 13.0, 0.4)
    >>> unpack_boosting(pack_boosting(boosting)).orders_factor
    1.1
    """
    facts = {
        "orders_factor": boosting.orders_factor,
        "margin_factor": None if boosting.margin is None else boosting.margin_factor,
        "weeks": boosting.weeks,
        "dispersion": boosting.dispersion,
    }
    return pack(Packed([boosting.orders, boosting.margin], facts, {}))


def unpack_boosting(content: bytes) -> TrainedBoosting:
    """Return what `pack_boosting` packed.

    Raises
    ------
    UnreadableModelError : the bytes are not of `pack_boosting`, or of other versions.

    Examples
    --------
    >>> model = HistGradientBoostingRegressor(max_iter=1).fit([[0.0], [1.0]], [0.0, 1.0])
    >>> content = pack_boosting(TrainedBoosting(model, None, 1.1, float("nan"), 13.0, 0.4))
    >>> unpack_boosting(content).weeks
    13.0
    """
    packed = unpack(content)
    orders, margin = packed.model
    facts = packed.facts
    if margin is None:
        facts = facts | {"margin_factor": float("nan")}
    return TrainedBoosting(orders=orders, margin=margin, **facts)


def _to_matrix(read: pd.DataFrame) -> np.ndarray:
    return read[COLUMNS].to_numpy(np.float64, copy=True)


def _fit(
    read: pd.DataFrame, target: pd.Series, *, seed: int
) -> tuple[HistGradientBoostingRegressor, float, float]:
    """Fit on all rows, and return what the total out of fold must be multiplied by.

    Then how far single rows vary about it, as counts do.
    """
    matrix, actual = _to_matrix(read), target.to_numpy(float)
    # A column without any value cannot be binned.
    matrix[:, np.isnan(matrix).all(axis=0)] = 0
    # Poisson's loss has no losses below zero; the factor brings them back into the total.
    label = np.maximum(actual, 0)

    def fit(index: np.ndarray | slice) -> HistGradientBoostingRegressor:
        model = HistGradientBoostingRegressor(loss="poisson", random_state=seed, **_PARAMETERS)
        return model.fit(matrix[index], label[index])

    out_of_fold = np.zeros(len(actual))
    for train, held_out in KFold(5, shuffle=True, random_state=seed).split(matrix):
        if label[train].any():
            out_of_fold[held_out] = fit(train).predict(matrix[held_out])
    factor = actual.sum() / out_of_fold.sum()
    out_of_fold *= factor
    extra = ((actual - out_of_fold) ** 2 - out_of_fold).sum() / (out_of_fold**2).sum()
    return fit(slice(None)), float(factor), float(max(extra, 0))
