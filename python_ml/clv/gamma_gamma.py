"""Gamma-Gamma: how much an order of a customer is worth, whatever the number of orders.

Amounts of a customer are Gamma(p, nu), and nu ~ Gamma(q, gamma) between customers. It needs
amounts above zero, and independence of money and frequency, which `check_independence` reports.

References
----------
Fader and Hardie (2013), The Gamma-Gamma model of monetary value. Fader, Hardie and Lee (2005), RFM
and CLV: using iso-value curves, J. of Marketing Research 42.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaln, digamma, gammaln
from scipy.stats import pearsonr

from python_ml.clv.families import FittedFamily, not_fitted, to_fitted
from python_ml.clv.histories import MIN_REPEAT_BUYERS
from python_ml.clv.optimizing import maximize

GAMMA_GAMMA = "gamma_gamma"
LARGEST_CORRELATION = 0.2
"""Of the log of the frequency with the mean margin: beyond it they are not independent. A larger
shop finds any correlation, so that a p-value alone does not say whether it matters."""


@dataclass(frozen=True)
class Independence:
    """Whether money and frequency are independent among repeat buyers.

    Attributes
    ----------
    correlation : Pearson's, of the log of orders and the mean margin; NaN of fewer than
        MIN_REPEAT_BUYERS customers or where all are alike. p_value : that it is 0.
    is_independent : not both p_value < 0.05 and a correlation beyond LARGEST_CORRELATION.
    customers : repeat buyers with a known margin. not_positive : of these with none above zero.
    """

    correlation: float
    p_value: float
    is_independent: bool
    customers: int
    not_positive: int


def check_independence(read: pd.DataFrame) -> Independence:
    """Return the check of `read` histories, as `read_histories` returns them.

    Ranks would not do: a mean of few skewed amounts has a lower median than one of many.

    Examples
    --------
    >>> read = pd.DataFrame({"repeat_orders": [1.0, 2, 4, 8] * 9, "margin_orders": 2.0})
    >>> found = check_independence(read.assign(mean_margin=read["repeat_orders"] * 10))
    >>> round(found.correlation, 2), found.is_independent
    (0.96, False)
    """
    buyers = read[(read["repeat_orders"] > 0) & read["mean_margin"].notna()]
    positive = buyers[buyers["mean_margin"] > 0]
    out = len(buyers) - len(positive)
    orders, money = np.log(positive["repeat_orders"]), positive["mean_margin"]
    if len(positive) < MIN_REPEAT_BUYERS or orders.nunique() < 2 or money.nunique() < 2:
        return Independence(float("nan"), float("nan"), True, len(buyers), out)
    found = pearsonr(orders, money)
    is_off = found.pvalue < 0.05 and abs(found.statistic) > LARGEST_CORRELATION
    return Independence(float(found.statistic), float(found.pvalue), not is_off, len(buyers), out)


def fit_gamma_gamma(read: pd.DataFrame) -> FittedFamily:
    """Fit on the repeat buyers whose mean margin is above zero.

    Parameters
    ----------
    read : histories as `read_histories` returns them; `margin_orders` is the number of order-days
        that `mean_margin` is the mean of.

    Returns
    -------
    The fitted p, q and gamma (in the unit of the margin); without parameters where fewer than
    MIN_REPEAT_BUYERS have a margin above zero, or all margins are alike. Next to the reasons of
    other families: "no_mean" where q is not above 1, so that the mean of all is infinite.

    Examples
    --------
    >>> read = pd.DataFrame({"repeat_orders": np.repeat([1.0, 3.0], 20), "margin_orders": 2.0})
    >>> fitted = fit_gamma_gamma(read.assign(mean_margin=np.tile([5.0, 9.0, 14.0, 40.0], 10)))
    >>> list(fitted.parameters), fitted.customers
    (['p', 'q', 'gamma'], 40)
    """
    is_used = (read["repeat_orders"] > 0) & (read["mean_margin"] > 0) & (read["margin_orders"] > 0)
    n = read.loc[is_used, "margin_orders"].to_numpy(float)
    mean = read.loc[is_used, "mean_margin"].to_numpy(float)
    if len(n) < MIN_REPEAT_BUYERS:
        return not_fitted(GAMMA_GAMMA, reason=_explain_few(read), customers=len(n))
    if np.ptp(mean) <= 1e-9 * mean.max():
        return not_fitted(GAMMA_GAMMA, reason="margins_alike", customers=len(n))
    scale = float(np.median(mean))
    objective = sum_likelihood(n, mean / scale)
    optimum = maximize(objective, starts=[[5.0, 3.0, 1.0], [1.0, 2.0, 1.0], [0.5, 8.0, 10.0]])
    optimum.parameters[2] *= scale
    optimum = type(optimum)(
        optimum.parameters,
        optimum.covariance,
        optimum.log_likelihood - len(n) * np.log(scale),
        "no_mean" if optimum.parameters[1] <= 1 else optimum.reason,
    )
    names = ("p", "q", "gamma")
    return to_fitted(GAMMA_GAMMA, names, optimum, customers=len(n), rows=len(n))


def _explain_few(read: pd.DataFrame) -> str:
    """Return why there are too few margins of repeat buyers above zero."""
    margins = read.loc[read["repeat_orders"] > 0, "mean_margin"]
    if len(read) and read["mean_margin"].isna().all():
        return "margin_unknown"
    if len(margins) < MIN_REPEAT_BUYERS:
        return "too_few_repeat_buyers" if len(margins) else "no_repeat_orders"
    return "too_few_margins" if margins.count() < MIN_REPEAT_BUYERS else "margins_not_positive"


def log_likelihood(parameters: np.ndarray, n: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the log-likelihood of the mean of n amounts, (customers,).

    Examples
    --------
    >>> log_likelihood(np.array([6.25, 3.744, 15.44]), np.array([2]), np.array([22.35])).round(3)
    array([-3.55])
    """
    p, q, gamma = parameters
    log_n, log_mean = np.log(n), np.log(mean)
    return (
        -betaln(p * n, q)
        + q * np.log(gamma)
        + (p * n - 1) * log_mean
        + p * n * log_n
        - (p * n + q) * np.log(gamma + n * mean)
    )


def sum_likelihood(n: np.ndarray, mean: np.ndarray):
    """Return the sum over customers and its gradient, as a function of the parameters.

    Examples
    --------
    >>> value, gradient = sum_likelihood(np.array([2.0]), np.array([20.0]))(np.array([6.0, 4, 15]))
    >>> round(float(value), 2), gradient.shape
    (-3.41, (3,))
    """
    counts, index = np.unique(n, return_inverse=True)
    log_mean, log_n, total = np.log(mean), np.log(n), n * mean

    def objective(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        p, q, gamma = parameters
        log_total = np.log(gamma + total)
        both = (gammaln(p * counts + q) - gammaln(p * counts))[index]
        value = both - gammaln(q) + q * np.log(gamma) - log_mean
        value += p * n * (log_mean + log_n) - (p * n + q) * log_total
        above = digamma(p * counts + q)
        per_p = n * ((above - digamma(p * counts))[index] + log_mean + log_n - log_total)
        per_q = above[index] - digamma(q) + np.log(gamma) - log_total
        per_gamma = q / gamma - (p * n + q) / (gamma + total)
        return float(value.sum()), np.array([per_p.sum(), per_q.sum(), per_gamma.sum()])

    return objective


def expected_means(
    fitted: FittedFamily, *, mean_margin: np.ndarray, margin_orders: np.ndarray
) -> np.ndarray:
    """Return the expected margin of a customer's next order, shrunk towards that of all.

    Parameters
    ----------
    mean_margin : above zero; missing for the mean of all. margin_orders : how many it is of.

    Returns
    -------
    (customers,), in the unit of the margin; NaN where a mean is zero or negative.

    Examples
    --------
    >>> parameters = {"p": 6.25, "q": 3.744, "gamma": 15.44}
    >>> fitted = FittedFamily("gamma_gamma", parameters, None, None, -1, 9, 9, False, None)
    >>> means = np.array([22.35, np.nan, -3.0])
    >>> expected_means(fitted, mean_margin=means, margin_orders=np.array([2, 0, 1])).round(2)
    array([24.66, 35.17,   nan])
    """
    p, q, gamma = fitted.values
    is_known = ~np.isnan(mean_margin)
    n = np.where(is_known, margin_orders, 0)
    total = np.where(is_known, n * mean_margin, 0)
    means = p * (gamma + total) / (p * n + q - 1)
    return np.where(is_known & ~(total > 0), np.nan, means)
