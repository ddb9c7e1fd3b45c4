"""How well methods would have done on what was bought afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from python_ml.frames import to_typed
from python_ml.recommendations.methods import Method, Scorer
from python_ml.recommendations.offers import chunks, find_offers
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

COMPARED = 500
"""Customers whose offers are compared with one another, for diversity."""


@dataclass(frozen=True)
class Later:
    """What came after the day up to which purchases are known.

    Attributes
    ----------
    bought : (customers, products), 1 where it was bought afterwards; a row without any is not
        tested.
    is_offered : (products,), whether it could be offered on the day.
    usual_days : (products,), the usual interval between two purchases; missing where unknown.
    """

    bought: sparse.csr_array
    is_offered: np.ndarray
    usual_days: np.ndarray


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
    methods: Mapping[str, Sequence[Method]],
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
    methods : by name; of several each fills up what those before it leave.
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
        name: measure([one.fit(purchases) for one in method], purchases, later, regime=regime, k=k)
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
    turns: Sequence[Scorer], purchases: Purchases, later: Later, *, regime: str, k: int = 5
) -> Tested:
    """Say what a fitted method would have offered, and what of it was bought afterwards.

    Parameters
    ----------
    turns : scorers; each fills up what those before it leave.

    Raises
    ------
    ValueError : the regime is not one of REGIMES.
    """
    if regime not in REGIMES:
        raise ValueError(f"the regime is one of {', '.join(REGIMES)}, not {regime}")
    parts = [
        (rows, *_try(turns, purchases, later, rows, regime, k))
        for rows in chunks(np.flatnonzero(np.diff(later.bought.indptr)), later.bought.shape[1])
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


def hold_back(purchases: Purchases, regime: str, usual_days: np.ndarray) -> sparse.csr_array:
    """Return (customers, products), 1 for what is not offered to a customer in a regime."""
    if regime == "lists":
        return purchases.withheld(usual_days)
    if regime == "new":
        return purchases.bought()
    return sparse.csr_array(purchases.shape)


def _try(
    turns: Sequence[Scorer],
    purchases: Purchases,
    later: Later,
    rows: np.ndarray,
    regime: str,
    k: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the offers of some customers, which are hits, and how many products were wanted."""
    some = purchases.take(rows)
    held = hold_back(some, regime, later.usual_days)
    wanted = (later.bought[rows].toarray() > 0) & later.is_offered & ~(held.toarray() > 0)
    offers, _, _ = find_offers(turns, some, is_offered=later.is_offered, held=held, k=k)
    is_hit = np.take_along_axis(wanted, np.maximum(offers, 0), axis=1) & (offers >= 0)
    return offers, is_hit, wanted.sum(axis=1)


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
        "diversity": _measure_diversity(tested.offers, bought),
    }


def sum_likeness(offers: np.ndarray, bought: sparse.csr_array) -> np.ndarray:
    """Sum the cosines of each offer, by who bought it, with those at the places before it.

    Parameters
    ----------
    offers : (customers, k), product numbers, -1 for none. bought : (customers, products).

    Returns
    -------
    (customers, k), missing where there is no offer and after the first COMPARED customers.
    """
    total = np.full(offers.shape, np.nan)
    some = offers[:COMPARED]
    numbers, codes = np.unique(np.maximum(some, 0), return_inverse=True)
    codes = codes.reshape(some.shape)
    chosen = bought[:, numbers]
    together = (chosen.T @ chosen).toarray()
    lengths = np.sqrt(np.maximum(np.diag(together), 1))
    alike = together / np.outer(lengths, lengths)
    for place in range(some.shape[1]):
        sums = alike[codes[:, [place]], codes[:, :place]].sum(axis=1)
        total[: len(some), place] = np.where(some[:, place] >= 0, sums, np.nan)
    return total


def _measure_diversity(offers: np.ndarray, bought: sparse.csr_array) -> float:
    """Return 1 less the mean cosine, by who bought them, of two products offered together."""
    likeness = sum_likeness(offers, bought)
    pairs = np.where(np.isnan(likeness), 0, np.arange(offers.shape[1])).sum()
    return 1 - float(np.nansum(likeness) / pairs) if pairs else np.nan


def _pair(tested: Tested, baseline: Tested) -> dict[str, float]:
    """Return what a method is ahead of the baseline, of the same customers."""
    if not len(tested.rows):
        return {}
    gain = tested.average_precision - baseline.average_precision
    return {"gain": gain.mean(), "gain_se": _standard_error(gain)}


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan
