"""How many orders each customer will place in some weeks: a distribution, not only a mean.

The distribution of the number of orders is exact, given the parameters; what the parameters
themselves are not sure of is added by drawing them (Laplace) and averaging the distributions.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from python_ml.clv.beta_geometric import BetaGeometric
from python_ml.clv.families import FAMILIES, FittedFamily
from python_ml.clv.histories import Rows
from python_ml.clv.pareto_nbd import ParetoNbd

LOWER, UPPER = 0.1, 0.9
"""The ends of the ranges: one in ten lies below, one in ten above."""

RANGES = ["orders", "orders_lower", "orders_upper", "margin", "margin_lower", "margin_upper"]
"""What is predicted of each customer."""

MOST_DRAWS = 20
DRAWN_ROWS = 400_000
"""Parameters are drawn so often that draws times customers stay below it: a family fitted on many
customers is as good as sure of its parameters."""

NEXT_ORDER_WEEKS = 5 * 365.25 / 7
"""A next order that is further away has no date."""

_SMALL = 1e-10
_CHUNK_CELLS = 1_000_000
_CHUNK_ROWS = 20_000


@dataclass(frozen=True)
class Tails:
    """Distributions of some rows.

    Attributes
    ----------
    index : which rows, (chunk,). expected : orders, (chunk,). above : P(more than n orders) for
        n = 0, 1, ..., (chunk, numbers); beyond the last it is 0.
    """

    index: np.ndarray
    expected: np.ndarray
    above: np.ndarray


def count_draws(fitted: FittedFamily) -> int:
    """Return how often parameters are drawn; 0 for the estimate alone.

    Examples
    --------
    >>> from python_ml.clv.families import not_fitted
    >>> [count_draws(not_fitted("bg_nbd", reason="", customers=n)) for n in (2_000, 90_000, 10**6)]
    [20, 4, 0]
    """
    draws = min(MOST_DRAWS, DRAWN_ROWS // max(fitted.customers, 1))
    return draws if draws > 1 else 0


def iterate_tails(
    fitted: FittedFamily, rows: Rows, *, weeks: float, seed: int = 42
) -> Iterator[Tails]:
    """Yield the distributions of all rows, chunk by chunk.

    Parameters
    ----------
    fitted : one of FAMILIES with parameters.
    weeks : to predict, above 0.
    seed : of the parameters' draws.

    Examples
    --------
    >>> parameters = {"r": 0.2426, "alpha": 4.4135, "a": 0.7929, "b": 2.4258}
    >>> fitted = FittedFamily("bg_nbd", parameters, None, None, 0, 9, 9, False, None)
    >>> rows = Rows(np.array([2.0]), np.array([30.43]), np.array([38.86]), np.ones(1))
    >>> [tails.above[0, :3].round(2).tolist() for tails in iterate_tails(fitted, rows, weeks=39)]
    [[0.55, 0.32, 0.17]]
    """
    model, estimate = FAMILIES[fitted.family], fitted.values
    draws = fitted.draw(count_draws(fitted), seed=seed)
    is_drawn = len(draws) > 1
    odds = weeks / (estimate[1] + rows.age)
    mean = (estimate[0] + rows.x) * odds
    most = np.ceil(mean + 8 * np.sqrt(mean * (1 + odds)) + 25 * (1 + odds)).astype(int)
    order = np.argsort(most, kind="stable")
    largest = _CHUNK_ROWS // (len(draws) if is_drawn else 1)
    start = 0
    while start < len(order):
        size = max(1, min(largest, _CHUNK_CELLS // most[order[start]]))
        # Those that come later in the chunk need more numbers.
        size = max(1, min(size, _CHUNK_CELLS // most[order[min(start + size, len(order)) - 1]]))
        index = order[start : start + size]
        own = rows.take(index)
        expected, above = _take_tails(model, estimate, own, weeks=weeks)
        if is_drawn:
            above = _average([_take_tails(model, one, own, weeks=weeks)[1] for one in draws])
        yield Tails(index, expected, above)
        start += size


def _take_tails(
    model: BetaGeometric | ParetoNbd, parameters: np.ndarray, rows: Rows, *, weeks: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return expected orders, (rows,), and P(more than n orders), (rows, numbers).

    What is next to nothing is nothing, so that a row's figures do not depend on the others.
    """
    alive = model.p_alive(parameters, rows)
    expected, above = np.zeros(len(rows)), []
    for one in model.tails(parameters, rows, weeks):
        tail = alive * one
        tail[tail < _SMALL] = 0
        if above and not tail.any():
            break
        above.append(tail)
        expected += tail
    return expected, np.column_stack(above)


def _average(distributions: list[np.ndarray]) -> np.ndarray:
    """Return the mean of distributions of different lengths."""
    total = np.zeros((len(distributions[0]), max(one.shape[1] for one in distributions)))
    for one in distributions:
        total[:, : one.shape[1]] += one
    return total / len(distributions)


def take_quantile(above: np.ndarray, level: float) -> np.ndarray:
    """Return the smallest number of orders that is not exceeded with probability `level`.

    Examples
    --------
    >>> take_quantile(np.array([[0.4, 0.15, 0.05], [0.05, 0.0, 0.0]]), 0.9).tolist()
    [2, 0]
    """
    return (above > 1 - level + 1e-12).sum(axis=1)


class Members:
    """Which customers have the histories of some rows."""

    def __init__(self, index: np.ndarray, *, rows: int) -> None:
        self._by_row = np.argsort(index, kind="stable")
        self._starts = np.searchsorted(index[self._by_row], np.arange(rows + 1))

    def take(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the customers of the rows, and the place of each one's row among them."""
        sizes = self._starts[rows + 1] - self._starts[rows]
        place = np.repeat(np.arange(len(rows)), sizes)
        within = np.arange(len(place)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self._by_row[np.repeat(self._starts[rows], sizes) + within], place


def predict_orders(
    fitted: FittedFamily, rows: Rows, *, weeks: float, seed: int = 42
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return expected orders and their LOWER and UPPER quantiles, each (rows,).

    Examples
    --------
    >>> parameters = {"r": 0.2426, "alpha": 4.4135, "a": 0.7929, "b": 2.4258}
    >>> fitted = FittedFamily("bg_nbd", parameters, None, None, 0, 9, 9, False, None)
    >>> rows = Rows(np.array([2.0]), np.array([30.43]), np.array([38.86]), np.ones(1))
    >>> [one.round(3).tolist() for one in predict_orders(fitted, rows, weeks=39.0)]
    [[1.226], [0.0], [3.0]]
    """
    expected, lower, upper = np.zeros(len(rows)), np.zeros(len(rows)), np.zeros(len(rows))
    for tails in iterate_tails(fitted, rows, weeks=weeks, seed=seed):
        expected[tails.index] = tails.expected
        lower[tails.index] = take_quantile(tails.above, LOWER)
        upper[tails.index] = take_quantile(tails.above, UPPER)
    return expected, lower, upper


def predict_chances(
    fitted: FittedFamily,
    rows: Rows,
    *,
    index: np.ndarray,
    orders: np.ndarray,
    weeks: float,
    seed: int = 42,
) -> tuple[np.ndarray, np.ndarray]:
    """Return P(fewer orders than came) and P(at most as many) for each customer.

    Parameters
    ----------
    index : the row of each customer. orders : what came, (customers,).

    Examples
    --------
    >>> parameters = {"r": 0.2426, "alpha": 4.4135, "a": 0.7929, "b": 2.4258}
    >>> fitted = FittedFamily("bg_nbd", parameters, None, None, 0, 9, 9, False, None)
    >>> rows = Rows(np.array([2.0]), np.array([30.43]), np.array([38.86]), np.ones(1))
    >>> index, orders = np.array([0, 0]), np.array([0, 1])
    >>> places = predict_chances(fitted, rows, index=index, orders=orders, weeks=39)
    >>> [one.round(2).tolist() for one in places]
    [[0.0, 0.45], [0.45, 0.68]]
    """
    fewer, at_most = np.ones(len(index)), np.ones(len(index))
    members = Members(index, rows=len(rows))
    for tails in iterate_tails(fitted, rows, weeks=weeks, seed=seed):
        own, place = members.take(tails.index)
        above = np.column_stack(
            [np.ones(len(tails.index)), tails.above, np.zeros(len(tails.index))]
        )
        last = above.shape[1] - 1
        came = orders[own].astype(int)
        fewer[own] = 1 - above[place, np.minimum(came, last)]
        at_most[own] = 1 - above[place, np.minimum(came + 1, last)]
    return fewer, at_most


def predict_next_order(fitted: FittedFamily, rows: Rows) -> np.ndarray:
    """Return the weeks to the next order, (rows, 3): by LOWER, a half and UPPER.

    By the second the next order has come in half of such cases, leaving included. All are NaN
    where it is more likely than not that none comes within NEXT_ORDER_WEEKS; the third alone is
    NaN where more than one in ten have none.

    Examples
    --------
    >>> parameters = {"r": 0.24, "alpha": 4.4, "a": 0.79, "b": 2.43}
    >>> fitted = FittedFamily("bg_nbd", parameters, None, None, 0, 9, 9, False, None)
    >>> x, recency = np.array([12.0, 3]), np.array([37.0, 5])
    >>> rows = Rows(x, recency, np.array([38.0, 39]), np.ones(2))
    >>> predict_next_order(fitted, rows).round(1).tolist()
    [[0.4, 2.8, 14.2], [nan, nan, nan]]
    """
    weeks = FAMILIES[fitted.family].next_order_weeks(
        fitted.values, rows, (LOWER, 0.5, UPPER), NEXT_ORDER_WEEKS
    )
    weeks = np.where(np.isinf(weeks), np.nan, weeks)
    return np.where(np.isnan(weeks[:, [1]]), np.nan, weeks)
