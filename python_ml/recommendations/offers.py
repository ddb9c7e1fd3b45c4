"""The best products of each customer, by scores."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse

from python_ml.recommendations.methods import Scorer
from python_ml.recommendations.purchases import Purchases

VALUES_AT_A_TIME = 1_000_000
"""Scores held at once: so many customers times all products. More no longer fit a cache."""

BLOCK = 64
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
        some = purchases if len(rows) == len(offers) else purchases.take(rows)
        scored = scorer.score(some)
        scored *= is_offered
        scored[held[rows].nonzero()] = 0
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
    if not columns or not rows:
        return offers, values
    blocks = -(-columns // BLOCK)
    padded = scores
    if columns < blocks * BLOCK:
        padded = np.zeros((rows, blocks * BLOCK), dtype=scores.dtype)
        padded[:, :columns] = scores
    padded = padded.reshape(rows, blocks, BLOCK)
    # The best are in the k blocks whose highest are highest: only these are looked into.
    highest = np.round(padded.max(axis=2), DIGITS)
    chosen = np.sort(np.argsort(-highest, axis=1, kind="stable")[:, :k], axis=1)
    number = (chosen[:, :, None] * BLOCK + np.arange(BLOCK)).reshape(rows, -1)
    value = np.round(padded[np.arange(rows)[:, None], chosen].reshape(rows, -1), DIGITS)
    order = np.argsort(-value, axis=1, kind="stable")[:, :k]
    number, value = (np.take_along_axis(one, order, axis=1) for one in (number, value))
    wide = order.shape[1]
    offers[:, :wide] = np.where(value > 0, number, -1)
    values[:, :wide] = np.where(value > 0, value, np.nan)
    return offers, values


def chunks(rows: np.ndarray, products: int) -> Iterator[np.ndarray]:
    """Yield the rows, so many at a time that their scores of all products can be held."""
    size = max(1, VALUES_AT_A_TIME // max(products, 1))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
