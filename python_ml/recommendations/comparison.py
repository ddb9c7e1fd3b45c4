"""How well methods would have done on what was bought afterwards."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from python_ml.frames import to_typed
from python_ml.recommendations.methods import Method, Scorer
from python_ml.recommendations.purchases import Purchases

REGIMES = ("lists", "new", "all")
"""What is not offered: what was bought within its usual interval, what ever was, or nothing."""

MEASURE_TYPES = {
    "method": "str",
    "regime": "str",
    "k": "Int64",
    "customers": "Int64",
    "hit_rate": "float64",
    "precision": "float64",
    "recall": "float64",
    "mean_average_precision": "float64",
    "standard_error": "float64",
    "gain": "float64",
    "gain_se": "float64",
    "coverage": "float64",
    "popularity": "float64",
    "diversity": "float64",
}
"""Columns of `compare` and their types."""

ROWS_AT_A_TIME = 1_000


@dataclass(frozen=True)
class Later:
    """What came after the day up to which purchases are known.

    Attributes
    ----------
    bought : (customers, products), 1 where it was bought afterwards.
    is_offered : (products,), whether it could be offered on the day.
    withheld : (customers, products), 1 where it was bought within its usual interval.
    """

    bought: sparse.csr_array
    is_offered: np.ndarray
    withheld: sparse.csr_array


@dataclass(frozen=True)
class Tested:
    """What one method would have offered, customer by customer.

    Attributes
    ----------
    rows : (tested,), who bought something that could have been offered.
    offers : (tested, k), product numbers, the best first; -1 where there is no more.
    is_hit : (tested, k). wanted : (tested,), products that could have been a hit.
    average_precision : (tested,).
    """

    rows: np.ndarray
    offers: np.ndarray
    is_hit: np.ndarray
    wanted: np.ndarray
    average_precision: np.ndarray


def compare(
    methods: Mapping[str, Method],
    purchases: Purchases,
    later: Later,
    *,
    regime: str,
    k: int = 5,
    baseline: str | None = None,
) -> pd.DataFrame:
    """Fit each method on the purchases, and say how well it would have done afterwards.

    Parameters
    ----------
    methods : by name.
    regime : one of REGIMES.
    k : products offered to each customer.
    baseline : the method that the others are paired with, customer by customer; else the first.

    Returns
    -------
    One row per method, with the columns of MEASURE_TYPES. `mean_average_precision` counts a hit by
    its place, divided by the lesser of k and what was wanted; `gain` is the mean of what it is
    ahead of the baseline, with its standard error. `coverage` is the share of the products that
    can be offered which somebody is offered; `popularity` the mean share of customers who had
    bought what is offered; `diversity` 1 less the mean cosine of two products offered together.

    Raises
    ------
    ValueError : the regime is not one of REGIMES, or the baseline is none of the methods.
    """
    baseline = next(iter(methods), None) if baseline is None else baseline
    if methods and baseline not in methods:
        raise ValueError(f"the baseline {baseline} is none of {', '.join(methods)}")
    tested = {
        name: measure(method.fit(purchases), purchases, later, regime=regime, k=k)
        for name, method in methods.items()
    }
    bought = purchases.bought()
    told = [
        {"method": name, "regime": regime, "k": k}
        | _summarize(one, bought, later)
        | _pair(one, tested[baseline])
        for name, one in tested.items()
    ]
    return to_typed(told, types=MEASURE_TYPES)


def measure(
    scorer: Scorer, purchases: Purchases, later: Later, *, regime: str, k: int = 5
) -> Tested:
    """Say what a fitted method would have offered, and what of it was bought afterwards.

    Raises
    ------
    ValueError : the regime is not one of REGIMES.
    """
    if regime not in REGIMES:
        raise ValueError(f"the regime is one of {', '.join(REGIMES)}, not {regime}")
    held = {"lists": later.withheld, "new": purchases.bought()}.get(regime)
    parts = [
        (rows, *_try(scorer, later, rows, None if held is None else held[rows], k))
        for rows in _chunks(np.flatnonzero(np.diff(later.bought.indptr)))
    ]
    if not parts:
        none = np.zeros((0, k), dtype=int)
        return Tested(np.zeros(0, int), none, none.astype(bool), np.zeros(0, int), np.zeros(0))
    rows, offers, is_hit, wanted = (np.concatenate(part) for part in zip(*parts, strict=True))
    is_tested = wanted > 0
    rows, offers, is_hit, wanted = (one[is_tested] for one in (rows, offers, is_hit, wanted))
    precision = is_hit * np.cumsum(is_hit, axis=1) / np.arange(1, k + 1)
    average = precision.sum(axis=1) / np.minimum(k, wanted)
    return Tested(rows, offers, is_hit, wanted, average)


def find_top(scores: np.ndarray, k: int) -> np.ndarray:
    """Return (rows, k), the numbers of the highest scores, of equal ones the first in order.

    -1 where a row has no more above minus infinity.
    """
    wide = min(k, scores.shape[1])
    top = np.full((len(scores), k), -1)
    if not wide:
        return top
    least = np.partition(scores, -wide, axis=1)[:, -wide, None]
    # Of those at the bound the first are taken, whatever the partition did with them.
    above, at_bound = scores > least, scores == least
    is_in = above | (at_bound & (np.cumsum(at_bound, axis=1) <= wide - above.sum(1)[:, None]))
    columns = np.nonzero(is_in)[1].reshape(len(scores), wide)
    values = np.take_along_axis(scores, columns, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    columns, values = (np.take_along_axis(one, order, axis=1) for one in (columns, values))
    top[:, :wide] = np.where(values > -np.inf, columns, -1)
    return top


def _try(
    scorer: Scorer, later: Later, rows: np.ndarray, held: sparse.csr_array | None, k: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the offers of some customers, which are hits, and how many products were wanted."""
    could_be = np.broadcast_to(later.is_offered, (len(rows), len(later.is_offered)))
    if held is not None:
        could_be = could_be & ~(held.toarray() > 0)
    wanted = (later.bought[rows].toarray() > 0) & could_be
    offers = find_top(np.where(could_be, scorer.score(rows), -np.inf), k)
    is_hit = np.take_along_axis(wanted, np.maximum(offers, 0), axis=1) & (offers >= 0)
    return offers, is_hit, wanted.sum(axis=1)


def _chunks(rows: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        yield rows[start : start + ROWS_AT_A_TIME]


def _summarize(tested: Tested, bought: sparse.csr_array, later: Later) -> dict[str, float]:
    """Return the means over customers, and over what is offered to them."""
    customers, k = tested.is_hit.shape
    if not customers:
        return {"customers": 0}
    hits = tested.is_hit.sum(axis=1)
    offered = tested.offers[tested.offers >= 0]
    buyers = np.asarray(bought.sum(axis=0)).reshape(-1)
    return {
        "customers": customers,
        "hit_rate": (hits > 0).mean(),
        "precision": hits.mean() / k,
        "recall": (hits / tested.wanted).mean(),
        "mean_average_precision": tested.average_precision.mean(),
        "standard_error": _standard_error(tested.average_precision),
        "coverage": len(np.unique(offered)) / max(later.is_offered.sum(), 1),
        "popularity": (buyers[offered] / bought.shape[0]).mean() if len(offered) else np.nan,
        "diversity": _measure_diversity(tested.offers, bought, buyers),
    }


def _measure_diversity(offers: np.ndarray, bought: sparse.csr_array, buyers: np.ndarray) -> float:
    """Return 1 less the mean cosine, by who bought them, of two products offered together."""
    numbers, codes = np.unique(offers[offers >= 0], return_inverse=True)
    chosen = bought[:, numbers]
    lengths = np.sqrt(np.maximum(buyers[numbers], 1))
    alike = (chosen.T @ chosen).toarray() / np.outer(lengths, lengths)
    coded = np.full(offers.shape, -1)
    coded[offers >= 0] = codes
    first, second = np.triu_indices(offers.shape[1], k=1)
    one, other = coded[:, first], coded[:, second]
    is_pair = (one >= 0) & (other >= 0)
    return 1 - float(alike[one[is_pair], other[is_pair]].mean()) if is_pair.any() else np.nan


def _pair(tested: Tested, baseline: Tested) -> dict[str, float]:
    """Return what a method is ahead of the baseline, of the same customers."""
    if not len(tested.rows):
        return {}
    gain = tested.average_precision - baseline.average_precision
    return {"gain": gain.mean(), "gain_se": _standard_error(gain)}


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan
