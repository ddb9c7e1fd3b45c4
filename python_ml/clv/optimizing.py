"""Maximum likelihood in the logs of positive parameters, with standard errors or none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

BORDER = 1e4
"""A parameter beyond it, or below 1 / BORDER, has run to a border: the data do not say it."""

WIDEST = 1.5
"""Standard error of a log-parameter beyond which the data do not say it: its 95 % range spans more
than a factor of 350."""

_LIMIT = np.log(BORDER * 10)
_STEP = 1e-4

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]


@dataclass(frozen=True)
class Optimum:
    """Where a likelihood is highest.

    Attributes
    ----------
    parameters : (parameters,). covariance : of their logs, None at a border. log_likelihood : the
        sum. reason : None, "at_border" or "flat_likelihood".
    """

    parameters: np.ndarray
    covariance: np.ndarray | None
    log_likelihood: float
    reason: str | None


def maximize(
    log_likelihood: Objective,
    *,
    starts: Sequence[Sequence[float]],
    sample: Objective | None = None,
    sample_share: float = 1.0,
) -> Optimum:
    """Return the maximum of a log-likelihood over positive parameters.

    The search runs from every start, on a sample where there is one; the best is then followed to
    the maximum of all rows by Newton's steps.

    Parameters
    ----------
    log_likelihood : of parameters, gives the sum over all rows and its gradient.
    starts : parameters to begin from.
    sample : the same for some of the rows. sample_share : how many of the customers those are.

    Examples
    --------
    >>> def poisson(rate):
    ...     return float(np.sum(20 * np.log(rate) - 10 * rate)), 20 / rate - 10
    >>> found = maximize(poisson, starts=[[1.0]])
    >>> round(float(found.parameters[0]), 6), round(float(found.covariance[0, 0]), 4)
    (2.0, 0.05)
    """
    searched, whole = _in_logs(sample or log_likelihood), _in_logs(log_likelihood)
    best = None
    for start in starts:
        begin = np.clip(np.log(np.asarray(start, dtype=float)), -_LIMIT + 1, _LIMIT - 1)
        value = abs(searched(begin)[0]) or 1.0
        found = minimize(
            lambda logs, by=value: tuple(one / by for one in searched(logs)),
            begin,
            jac=True,
            method="L-BFGS-B",
            bounds=[(-_LIMIT, _LIMIT)] * len(begin),
            options={"ftol": 1e-13, "gtol": 1e-9, "maxiter": 300},
        )
        if np.isfinite(found.fun) and (best is None or found.fun * value < best[0]):
            best = (found.fun * value, found.x)
    logs = _follow(whole, best[1], hessian=_hessian(searched, best[1]) / sample_share)
    hessian = _hessian(whole, logs)
    value = -whole(logs)[0]
    covariance, reason = None, None
    if np.any(np.abs(logs) > np.log(BORDER)):
        reason = "at_border"
    elif not _is_positive(hessian):
        reason = "flat_likelihood"
    else:
        covariance = np.linalg.inv(hessian)
        if np.sqrt(np.diag(covariance)).max() > WIDEST:
            covariance, reason = None, "flat_likelihood"
    return Optimum(np.exp(logs), covariance, value, reason)


def _in_logs(log_likelihood: Objective) -> Objective:
    """Return minus the log-likelihood and its gradient in the logs of the parameters."""

    def objective(logs: np.ndarray) -> tuple[float, np.ndarray]:
        parameters = np.exp(logs)
        value, gradient = log_likelihood(parameters)
        return -value, -gradient * parameters

    return objective


def _follow(objective: Objective, logs: np.ndarray, *, hessian: np.ndarray) -> np.ndarray:
    """Take Newton's steps, halved until they lead down, until less than 1e-9 can be gained.

    The curvature, of a sample at first, is corrected by what each step meets (BFGS).
    """
    value, gradient = objective(logs)
    for _ in range(20):
        if not _is_positive(hessian) or np.any(np.abs(logs) >= _LIMIT):
            return logs
        step = np.linalg.solve(hessian, gradient)
        if gradient @ step < 1e-9:
            return logs
        for scale in 0.5 ** np.arange(12):
            tried = np.clip(logs - scale * step, -_LIMIT, _LIMIT)
            found = objective(tried)
            if found[0] <= value:
                break
        else:
            return logs
        moved, turned = tried - logs, found[1] - gradient
        logs, (value, gradient) = tried, found
        if moved @ turned > 0:
            pulled = hessian @ moved
            hessian = (
                hessian
                + np.outer(turned, turned) / (moved @ turned)
                - np.outer(pulled, pulled) / (moved @ pulled)
            )
    return logs


def _hessian(objective: Objective, logs: np.ndarray) -> np.ndarray:
    """Return second derivatives by central differences of the gradient."""
    rows = []
    for step in np.eye(len(logs)) * _STEP:
        rows.append((objective(logs + step)[1] - objective(logs - step)[1]) / (2 * _STEP))
    hessian = np.array(rows)
    return (hessian + hessian.T) / 2


def _is_positive(hessian: np.ndarray) -> bool:
    if not np.all(np.isfinite(hessian)):
        return False
    values = np.linalg.eigvalsh(hessian)
    return bool(values[0] > 1e-9 * abs(values[-1]))
