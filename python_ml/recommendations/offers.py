"""The best products of each customer, by scores."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse

from python_ml.recommendations.methods import Scorer
from python_ml.recommendations.neighbours import find_rows
from python_ml.recommendations.purchases import Purchases

VALUES_AT_A_TIME = 2_000_000
"""Scores held at once: so many customers times all products. More no longer fit a cache."""

PARTS = 16
"""Parts that the products are divided into, to find the best of each place in them at once."""

DIGITS = 9
"""Scores that are equal so far are equal, whatever the order in which they were summed."""


def find_offers(
    turns: Sequence[Scorer],
    purchases: Purchases,
    *,
    is_offered: np.ndarray,
    held: sparse.csr_array,
    k: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the best products of each customer.

    Parameters
    ----------
    turns : scorers; each fills up what those before it leave.
    is_offered : (products,), what may be offered. held : (customers, products), 1 where it may not
        be offered to a customer.
    k : products offered to each.

    Returns
    -------
    Three arrays, (customers, k): product numbers, the best first, -1 where there is no more; their
    scores; and the number of the turn.
    """
    offers = np.full((purchases.shape[0], k), -1)
    scores, turn = np.full(offers.shape, np.nan), np.zeros(offers.shape, dtype=int)
    for number, scorer in enumerate(turns):
        found = (offers >= 0).sum(axis=1)
        rows = np.flatnonzero(found < k)
        if not len(rows):
            break
        is_all = len(rows) == len(offers)
        some, kept = (purchases, held) if is_all else (purchases.take(rows), held[rows])
        scored = scorer.score(some)
        scored *= is_offered.astype(scored.dtype)
        scored[find_rows(kept), kept.indices] = 0
        before = np.nonzero(offers[rows] >= 0)
        scored[before[0], offers[rows][before]] = 0
        top, values = find_top(scored, k)
        place = found[rows, None] + np.arange(k)
        is_new = (top >= 0) & (place < k)
        row = np.broadcast_to(rows[:, None], place.shape)[is_new]
        offers[row, place[is_new]] = top[is_new]
        scores[row, place[is_new]] = values[is_new]
        turn[row, place[is_new]] = number
    return offers, scores, turn


def find_top(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (rows, k), the numbers of the highest scores and these, of equal the first in order.

    -1 and a missing score where a row has no more above 0.
    """
    rows, columns = scores.shape
    offers, values = np.full((rows, k), -1), np.full((rows, k), np.nan)
    # Only what is not below the k-th of some of the scores can be among the best of all.
    width = max(-(-columns // PARTS), k)
    highest = np.zeros((rows, width), dtype=scores.dtype)
    for start in range(0, columns, width):
        part = scores[:, start : start + width]
        np.maximum(highest[:, : part.shape[1]], part, out=highest[:, : part.shape[1]])
    least = np.partition(highest, -k, axis=1)[:, -k, None] - 10.0**-DIGITS
    is_near = scores >= np.maximum(least, 10.0**-DIGITS / 2).astype(scores.dtype)
    row, number = np.divmod(np.flatnonzero(is_near), max(columns, 1))
    value = np.round(scores[row, number].astype(float), DIGITS)
    order = np.lexsort([number, -value, row])
    row, number, value = row[order], number[order], value[order]
    place = np.arange(len(row)) - np.searchsorted(row, np.arange(rows))[row]
    is_best = (place < k) & (value > 0)
    offers[row[is_best], place[is_best]] = number[is_best]
    values[row[is_best], place[is_best]] = value[is_best]
    return offers, values


def chunks(rows: np.ndarray, products: int) -> Iterator[np.ndarray]:
    """Yield the rows, so many at a time that their scores of all products can be held."""
    size = max(1, VALUES_AT_A_TIME // max(products, 1))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
