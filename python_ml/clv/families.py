"""The families of counts behind one interface, fitted by maximum likelihood."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from python_ml.clv.beta_geometric import BetaGeometric
from python_ml.clv.histories import Rows, collapse, find_reason_not_fitted, read_histories
from python_ml.clv.optimizing import maximize
from python_ml.clv.pareto_nbd import ParetoNbd

FAMILIES: dict[str, BetaGeometric | ParetoNbd] = {
    "bg_nbd": BetaGeometric(first_chances=0),
    "mbg_nbd": BetaGeometric(first_chances=1),
    "pareto_nbd": ParetoNbd(),
}

SAMPLE_ROWS = 10_000
"""With more distinct histories the search for the maximum begins on so many of them."""


@dataclass(frozen=True)
class FittedFamily:
    """A family with its parameters; the unit of time is a week.

    Attributes
    ----------
    family : of FAMILIES, or "gamma_gamma".
    parameters : by name; empty where nothing was fitted.
    standard_errors : by name, None at a border.
    covariance : of the logs of the parameters, (parameters, parameters), None at a border.
    log_likelihood : the sum over customers; NaN where nothing was fitted.
    customers, rows : how many it was fitted on, and their distinct histories.
    is_at_border : whether the data do not say all parameters.
    reason : None, why nothing was fitted, or why there are no standard errors ("at_border",
        "flat_likelihood").
    """

    family: str
    parameters: dict[str, float]
    standard_errors: dict[str, float] | None
    covariance: np.ndarray | None
    log_likelihood: float
    customers: int
    rows: int
    is_at_border: bool
    reason: str | None

    @property
    def values(self) -> np.ndarray:
        """The parameters in order, (parameters,)."""
        return np.array(list(self.parameters.values()))

    def draw(self, draws: int, *, seed: int) -> list[np.ndarray]:
        """Return parameters drawn from their normal distribution in logs (Laplace).

        Only the estimate where there is no covariance, or for no draws.
        """
        if self.covariance is None or draws < 1:
            return [self.values]
        generator = np.random.default_rng(seed)
        normal = generator.standard_normal((draws, len(self.parameters)))
        # Both signs of each draw: the mean of the logs is the estimate.
        normal = np.concatenate([normal, -normal])[:draws]
        logs = np.log(self.values) + normal @ np.linalg.cholesky(self.covariance).T
        return list(np.exp(logs))


def not_fitted(family: str, *, reason: str, customers: int, rows: int = 0) -> FittedFamily:
    """Return what stands for a family that could not be fitted.

    Examples
    --------
    >>> not_fitted("bg_nbd", reason="no_repeat_orders", customers=70).parameters
    {}
    """
    return FittedFamily(family, {}, None, None, float("nan"), customers, rows, False, reason)


@threadpool_limits.wrap(limits=1)
def fit_family(histories: pd.DataFrame, *, family: str) -> FittedFamily:
    """Fit one family of counts on the histories that are of use.

    Parameters
    ----------
    histories : as `read_histories` takes them; no margins needed.
    family : of FAMILIES.

    Returns
    -------
    The fitted family; without parameters, and with a reason, where too few customers, no repeat
    orders or no time was observed.

    Raises
    ------
    ValueError : an unknown family, or as `read_histories` says.

    Examples
    --------
    >>> x = np.tile([0, 0, 0, 1, 2, 5], 20)
    >>> histories = pd.DataFrame({"customer_id": np.arange(120).astype(str), "repeat_orders": x})
    >>> histories["recency_weeks"], histories["age_weeks"] = x * 3.0, 20.0 + np.arange(120) % 7
    >>> fitted = fit_family(histories, family="mbg_nbd")
    >>> list(fitted.parameters), fitted.customers, fitted.rows
    (['r', 'alpha', 'a', 'b'], 120, 28)
    """
    if family not in FAMILIES:
        raise ValueError(f"family {family} is none of {', '.join(FAMILIES)}")
    read = read_histories(histories)
    rows, _ = collapse(read[read["reason"].isna()])
    return fit_rows(rows, family=family)


def fit_rows(rows: Rows, *, family: str) -> FittedFamily:
    """Fit one family on distinct histories; see `fit_family`.

    Examples
    --------
    >>> rows = Rows(np.zeros(1), np.zeros(1), np.ones(1), np.array([80.0]))
    >>> fit_rows(rows, family="bg_nbd").reason
    'no_repeat_orders'
    """
    customers = int(rows.weights.sum())
    reason = find_reason_not_fitted(rows)
    if reason:
        return not_fitted(family, reason=reason, customers=customers, rows=len(rows))
    model = FAMILIES[family]
    sample, share = None, 1.0
    if len(rows) > 2 * SAMPLE_ROWS:
        some = rows.take(slice(None, None, len(rows) // SAMPLE_ROWS))
        sample, share = _summed(model, some), some.weights.sum() / customers
    optimum = maximize(
        _summed(model, rows), starts=model.starts(rows), sample=sample, sample_share=share
    )
    return to_fitted(family, model.names, optimum, customers=customers, rows=len(rows))


def to_fitted(family: str, names: tuple, optimum, *, customers: int, rows: int) -> FittedFamily:
    """Return an optimum with names, and standard errors by the delta method.

    Examples
    --------
    >>> from python_ml.clv.optimizing import Optimum
    >>> optimum = Optimum(np.array([2.0]), np.array([[0.01]]), -5.0, None)
    >>> to_fitted("one", ("r",), optimum, customers=9, rows=8).standard_errors
    {'r': 0.2}
    """
    errors = None
    if optimum.covariance is not None:
        wide = optimum.parameters * np.sqrt(np.diag(optimum.covariance))
        errors = dict(zip(names, wide.tolist(), strict=True))
    return FittedFamily(
        family=family,
        parameters=dict(zip(names, optimum.parameters.tolist(), strict=True)),
        standard_errors=errors,
        covariance=optimum.covariance,
        log_likelihood=float(optimum.log_likelihood),
        customers=customers,
        rows=rows,
        is_at_border=optimum.reason is not None,
        reason=optimum.reason,
    )


def _summed(model: BetaGeometric | ParetoNbd, rows: Rows) -> Callable:
    """Return the log-likelihood of all customers and its gradient, as a function of parameters."""

    def objective(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        values, gradients = model.log_likelihood(parameters, rows)
        return float(rows.weights @ values), rows.weights @ gradients

    return objective
