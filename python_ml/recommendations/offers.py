"""The best products of each customer, by scores."""

from collections.abc import Iterator, Sequence

import numpy as np

from python_ml.recommendations.methods import Scorer
from python_ml.recommendations.purchases import Purchases

VALUES_AT_A_TIME = 4_000_000
"""Scores held at once: so many customers times all products."""

BLOCK = 64
DIGITS = 9
"""Scores that are equal so far are equal, whatever the order in which they were summed."""


def find_offers(
    turns: Sequence[Scorer], purchases: Purchases, could_be: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the best products of each customer.

    Parameters
    ----------
    turns : scorers; each fills up what those before it leave.
    could_be : (customers, products), what may be offered.
    k : products offered to each.

    Returns
    -------
    Three arrays, (customers, k): product numbers, the best first, -1 where there is no more; their
    scores; and the number of the turn.
    """
    offers = np.full((len(could_be), k), -1)
    scores, turn = np.full(offers.shape, np.nan), np.zeros(offers.shape, dtype=int)
    could_be = could_be.copy()
    for number, scorer in enumerate(turns):
        found = (offers >= 0).sum(axis=1)
        rows = np.flatnonzero(found < k)
        if not len(rows):
            break
        scored = np.round(scorer.score(purchases if len(rows) == len(offers) else
                                       purchases.take(rows)), DIGITS)
        scored[~could_be[rows]] = -np.inf
        top, values = find_top(scored, k)
        place = found[rows, None] + np.arange(k)
        is_new = (top >= 0) & (place < k)
        row = np.broadcast_to(rows[:, None], place.shape)[is_new]
        offers[row, place[is_new]] = top[is_new]
        scores[row, place[is_new]] = values[is_new]
        turn[row, place[is_new]] = number
        could_be[row, top[is_new]] = False
    return offers, scores, turn


def find_top(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (rows, k), the numbers of the highest scores and these, of equal the first in order.

    -1 and a missing score where a row has no more above minus infinity.
    """
    rows, columns = scores.shape
    offers, values = np.full((rows, k), -1), np.full((rows, k), np.nan)
    if not columns or not rows:
        return offers, values
    # The k-th of the highest of each block is not above the k-th of all: few are left to sort.
    highest = np.maximum.reduceat(scores, np.arange(0, columns, BLOCK), axis=1)
    wide = min(k, highest.shape[1])
    least = np.partition(highest, -wide, axis=1)[:, -wide]
    least = np.where(wide < k, -np.inf, least)[:, None]
    row, column = np.nonzero((scores >= least) & (scores > -np.inf))
    value = scores[row, column]
    order = np.lexsort((column, -value, row))
    row, column, value = row[order], column[order], value[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    is_in = place < k
    offers[row[is_in], place[is_in]] = column[is_in]
    values[row[is_in], place[is_in]] = value[is_in]
    return offers, values


def chunks(rows: np.ndarray, products: int) -> Iterator[np.ndarray]:
    """Yield the rows, so many at a time that their scores of all products can be held."""
    size = max(1, VALUES_AT_A_TIME // max(products, 1))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
