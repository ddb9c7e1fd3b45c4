"""What an order of a customer is worth, and so many orders: expected margins and their ranges."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import nnls
from scipy.special import betainc, betaincinv

from python_ml.clv.families import FittedFamily
from python_ml.clv.gamma_gamma import (
    GAMMA_GAMMA,
    Independence,
    check_independence,
    expected_means,
    fit_gamma_gamma,
)
from python_ml.clv.predicting import LOWER, UPPER, Tails

SHRUNK_MEAN = "shrunk_mean"
LARGEST_NOT_POSITIVE = 0.05
"""Share of repeat buyers without a margin above zero beyond which Gamma-Gamma is not used."""

_GRID = 96
_SMALL_CHANCE = 1e-6
_MIDDLE = (0.01, 0.99)


@dataclass(frozen=True)
class FittedMoney:
    """What an order is worth.

    Attributes
    ----------
    gamma_gamma : fitted on the margins above zero. independence : its check.
    shrunk : "intercept" and "slope" on the log of orders of the mean margin, and the variances
        "between" customers and "within" one; empty where no margin is known.
    method : GAMMA_GAMMA or SHRUNK_MEAN, None where no margin is known.
    reason : why it is not GAMMA_GAMMA: None, "not_independent", "margins_not_positive",
        "at_border", "flat_likelihood", or as `fit_gamma_gamma` says.
    customers : whose margin is known, which the shrunk mean is of.
    """

    gamma_gamma: FittedFamily
    independence: Independence
    shrunk: dict[str, float]
    method: str | None
    reason: str | None
    customers: int


def fit_money(read: pd.DataFrame) -> FittedMoney:
    """Fit Gamma-Gamma and the shrunk mean, and say which is used.

    Parameters
    ----------
    read : histories of use as `read_histories` returns them.

    Examples
    --------
    >>> read = pd.DataFrame({"repeat_orders": np.repeat([1.0, 3.0], 20), "margin_orders": 2.0})
    >>> money = fit_money(read.assign(mean_margin=np.tile([5.0, 9.0, -4.0, 40.0], 10)))
    >>> money.method, money.reason, round(money.shrunk["intercept"], 1)
    ('shrunk_mean', 'margins_not_positive', 12.5)
    """
    independence, fitted = check_independence(read), fit_gamma_gamma(read)
    shrunk = fit_shrunk_mean(read, has_slope=not independence.is_independent)
    reason = fitted.reason
    if fitted.parameters and independence.customers:
        if independence.not_positive > LARGEST_NOT_POSITIVE * independence.customers:
            reason = "margins_not_positive"
        elif not independence.is_independent:
            reason = "not_independent"
    method = GAMMA_GAMMA if reason is None else SHRUNK_MEAN if shrunk else None
    customers = int(_has_margin(read).sum())
    return FittedMoney(fitted, independence, shrunk, method, reason, customers)


def fit_shrunk_mean(read: pd.DataFrame, *, has_slope: bool) -> dict[str, float]:
    """Return the mean margin of all, and how much customers differ: least squares, any sign.

    A customer's mean of n orders varies by between + within / n around that of all.

    References
    ----------
    Bühlmann and Straub (1970), Glaubwürdigkeit für Schadensätze.

    Examples
    --------
    >>> read = pd.DataFrame({"mean_margin": [1.0, 3.0], "margin_orders": [1.0, 1.0]})
    >>> round(fit_shrunk_mean(read, has_slope=False)["intercept"], 6)
    2.0
    """
    is_used = _has_margin(read)
    n = read.loc[is_used, "margin_orders"].to_numpy(float)
    mean = read.loc[is_used, "mean_margin"].to_numpy(float)
    if not len(n):
        return {}
    design = np.column_stack([np.ones(len(n)), np.log(n)])[:, : 1 + has_slope]
    weights, variances = np.ones(len(n)), (0.0, 0.0)
    for _ in range(3):
        root = np.sqrt(weights / weights.max())
        line = np.linalg.lstsq(design * root[:, None], mean * root, rcond=None)[0]
        # A few very large means would hide how customers differ.
        off = (np.clip(mean, *np.quantile(mean, _MIDDLE)) - design @ line) ** 2
        scale = off.mean() or 1.0
        variances = nnls(np.column_stack([np.ones(len(n)), 1 / n]), off / scale)[0] * scale
        weights = 1 / np.maximum(variances[0] + variances[1] / n, 1e-12 * scale)
    return {
        "intercept": float(line[0]),
        "slope": float(line[1]) if has_slope else 0.0,
        "between": float(variances[0]),
        "within": float(variances[1]),
    }


def _has_margin(read: pd.DataFrame) -> pd.Series:
    """Return whose margin is known."""
    return read["mean_margin"].notna() & (read["margin_orders"] > 0)


def predict_means(read: pd.DataFrame, *, money: FittedMoney) -> tuple[np.ndarray, np.ndarray]:
    """Return the expected margin per order and whether it is Gamma-Gamma's, each (customers,).

    Customers without a margin above zero get the shrunk mean; NaN where a margin is not known.

    Examples
    --------
    >>> read = pd.DataFrame({"repeat_orders": np.repeat([1.0, 3.0], 20), "margin_orders": 2.0})
    >>> read = read.assign(mean_margin=np.tile([5.0, 9.0, -4.0, 40.0], 10))
    >>> means, is_gamma = predict_means(read, money=fit_money(read))
    >>> bool(-4 <= means[2] < 12.5), bool(is_gamma.any())
    (True, False)
    """
    mean = read["mean_margin"].to_numpy(float)
    n = read["margin_orders"].to_numpy(float)
    if money.method is None:
        return np.full(len(read), np.nan), np.zeros(len(read), dtype=bool)
    is_known = ~np.isnan(mean) | (n == 0)
    n = np.where(np.isnan(n), 1.0, n)
    line = money.shrunk["intercept"] + money.shrunk["slope"] * np.log(np.maximum(n, 1))
    own, others = n * money.shrunk["between"], money.shrunk["within"]
    share = np.divide(own, own + others, out=np.zeros(len(n)), where=own + others > 0)
    means = np.where(n > 0, share * np.where(np.isnan(mean), 0, mean) + (1 - share) * line, line)
    is_gamma = np.zeros(len(read), dtype=bool)
    if money.method == GAMMA_GAMMA:
        gamma = expected_means(money.gamma_gamma, mean_margin=mean, margin_orders=n)
        is_gamma = is_known & ~np.isnan(gamma)
        means = np.where(is_gamma, gamma, means)
    return np.where(is_known, means, np.nan), is_gamma


class MarginRanges:
    """LOWER and UPPER quantiles of the margin of all orders to come, where Gamma-Gamma holds.

    A sum of N margins is the customer's scale times a beta prime variable of p N and p n + q. For
    customers of equal n the distributions of all N are tabulated once on a grid, so that a
    customer's is a product of the probabilities of N with the table.
    """

    def __init__(self, fitted: FittedFamily) -> None:
        self.p, self.q, self.gamma = fitted.values
        self._tables: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}

    def take(self, tails: Tails, *, place: np.ndarray, n: np.ndarray) -> np.ndarray:
        """Return quantiles relative to the customer's scale, (pairs, 2).

        Parameters
        ----------
        tails : distributions of some rows. place, n : pairs of a row of these and the order-days
            that a mean margin is of, without repetition.
        """
        found = np.zeros((len(place), 2))
        counts = -np.diff(np.column_stack([tails.above, np.zeros(len(tails.above))]), axis=1)
        none = 1 - tails.above[:, 0]
        # As many numbers as have a chance, up to a power of two, so that few tables serve all.
        numbers = np.maximum((tails.above > _SMALL_CHANCE).sum(axis=1), 1)[place]
        numbers = 1 << np.ceil(np.log2(numbers)).astype(int)
        for one, many in np.unique(np.column_stack([n, numbers]), axis=0):
            own = np.flatnonzero((n == one) & (numbers == many))
            grid, table = self._tabulate(int(one), int(many))
            chances = counts[place[own], :many]
            reached = none[place[own], None] + chances @ table[: chances.shape[1]]
            for column, level in enumerate((LOWER, UPPER)):
                found[own, column] = _cross(grid, reached, none[place[own]], level)
        return found

    def scale(self, *, mean_margin: np.ndarray, n: np.ndarray) -> np.ndarray:
        """Return each customer's scale, in the unit of the margin."""
        return self.gamma + np.where(n > 0, n * mean_margin, 0)

    def _tabulate(self, n: int, numbers: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a grid, (grid,), and P(sum of 1, 2, ... margins up to it), (numbers, grid)."""
        if (n, numbers) not in self._tables:
            own = self.p * n + self.q
            ends = betaincinv([self.p, self.p * numbers], own, [0.01, 0.999])
            ends = np.clip(ends, 1e-12, 1 - 1e-9)
            grid = np.geomspace(*(ends / (1 - ends)), _GRID)
            shapes = self.p * np.arange(1, numbers + 1)[:, None]
            self._tables[n, numbers] = (grid, betainc(shapes, own, grid / (1 + grid)))
        return self._tables[n, numbers]


def _cross(grid: np.ndarray, reached: np.ndarray, none: np.ndarray, level: float) -> np.ndarray:
    """Return where each row of `reached` crosses the level, between points of the grid."""
    after = np.clip((reached < level).sum(axis=1), 1, len(grid) - 1)
    here = np.arange(len(reached))
    low, high = reached[here, after - 1], reached[here, after]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip((level - low) / (high - low), 0, 1)
    found = np.exp(np.log(grid[after - 1]) * (1 - share) + np.log(grid[after]) * share)
    # The first cell begins at nothing.
    found = np.where(reached[:, 0] >= level, grid[0] * 0.5, found)
    return np.where(none >= level, 0, found)
