"""Pareto/NBD: orders at a rate of one's own, for a lifetime of one's own.

A customer orders at rate lambda ~ Gamma(r, alpha) per week and leaves at rate
mu ~ Gamma(s, beta) per week. The part of the likelihood of those who have left is an integral over
when they did. Instead of two hypergeometric functions, one for alpha above and one for alpha below
beta, that integral is taken by Gauss and Legendre's rule in a variable in which it is nearly
constant, at nodes that lie close together where it is not: nothing overflows, and the gradient
needs no function of its own.

References
----------
Schmittlein, Morrison and Colombo (1987), Counting your customers, Management Science 33. Fader and
Hardie (2005), A note on deriving the Pareto/NBD model and related expressions.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

from python_ml.clv.histories import Rows, at_counts


def _rule(nodes: int, *, power: int) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes in (0, 1), close together towards 0, and their weights, which sum to 1."""
    at, weights = np.polynomial.legendre.leggauss(nodes)
    at = (at + 1) / 2
    return at**power, weights / 2 * power * at ** (power - 1)


_NODES, _WEIGHTS = _rule(24, power=5)
_FEW_NODES, _FEW_WEIGHTS = _rule(10, power=2)
_CHUNK_ROWS = 20_000


@dataclass(frozen=True)
class ParetoNbd:
    """The family."""

    names = ("r", "alpha", "s", "beta")

    def starts(self, rows: Rows) -> list[list[float]]:
        """Return parameters to begin from, by the orders per week of all customers."""
        rate = rows.weights @ rows.x / (rows.weights @ rows.age)
        age = rows.weights @ rows.age / rows.weights.sum()
        return [
            [r, r / (rate * 1.5), s, s * age * lifetimes]
            for r, s, lifetimes in ((0.5, 0.5, 1.0), (1, 1, 2.0), (0.5, 0.2, 0.3))
        ]

    def log_likelihood(self, parameters: np.ndarray, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Return log-likelihoods, (rows,), and their gradients in the parameters, (rows, 4)."""
        parts = [
            _log_likelihood(parameters, rows.take(slice(start, start + _CHUNK_ROWS)))
            for start in range(0, len(rows), _CHUNK_ROWS)
        ]
        return np.concatenate([one for one, _ in parts]), np.vstack([one for _, one in parts])

    def p_alive(self, parameters: np.ndarray, rows: Rows) -> np.ndarray:
        """Return the probability that a customer has not left for good, (rows,)."""
        found = []
        for start in range(0, len(rows), _CHUNK_ROWS):
            part = rows.take(slice(start, start + _CHUNK_ROWS))
            alive = _log_alive(parameters, part)
            found.append(np.exp(alive - np.logaddexp(alive, _log_gone(parameters, part)[0])))
        return np.concatenate(found)

    def tails(self, parameters: np.ndarray, rows: Rows, weeks: float) -> Iterator[np.ndarray]:
        """Yield P(more than n orders in `weeks` | alive) for n = 0, 1, ..., each (rows,).

        The average, over when the customer leaves, of a Gamma-Poisson process until then.
        """
        r, alpha, s, beta = parameters
        shape, rate = r + rows.x, alpha + rows.age
        log_stay = -s * np.log1p(weeks / (beta + rows.age))
        leaving = -np.expm1(log_stay)
        stays = np.exp(log_stay)[:, None] + leaving[:, None] * _FEW_NODES
        until = (beta + rows.age)[:, None] * np.expm1(-np.log(stays) / s)
        until = np.column_stack([np.minimum(until, weeks), np.full(len(rows), weeks)])
        shares = np.column_stack([leaving[:, None] * _FEW_WEIGHTS, np.exp(log_stay)])
        # A lifetime of no length has no orders.
        until = np.maximum(until, 1e-300)
        log_odds = np.log(until) - np.log(rate[:, None] + until)
        log_chance = -shape[:, None] * np.log1p(until / rate[:, None])
        tail = -np.expm1(log_chance)
        n = 0
        while True:
            yield (shares * np.maximum(tail, 0)).sum(axis=1)
            log_chance = log_chance + np.log((shape + n) / (n + 1))[:, None] + log_odds
            tail = tail - np.exp(log_chance)
            n += 1

    def next_order_weeks(
        self, parameters: np.ndarray, rows: Rows, levels: tuple[float, ...], most: float
    ) -> np.ndarray:
        """Return the weeks by which the next order comes with each probability, (rows, levels).

        Infinite where it is not reached within `most` weeks. Interpolated on a grid of weeks.
        """
        r, alpha, s, beta = parameters
        grid = np.concatenate([[0], np.geomspace(0.05, most, 48)])
        middle, width = (grid[1:] + grid[:-1]) / 2, np.diff(grid)
        found = np.full((len(rows), len(levels)), np.inf)
        p_alive = self.p_alive(parameters, rows)
        for start in range(0, len(rows), _CHUNK_ROWS):
            part = rows.take(slice(start, start + _CHUNK_ROWS))
            shape, rate = (r + part.x)[:, None], (alpha + part.age)[:, None]
            reached = np.zeros((len(part), len(grid)))
            for offset in (-0.5 / np.sqrt(3), 0.5 / np.sqrt(3)):
                weeks = middle + offset * width
                log_density = -(shape + 1) * np.log1p(weeks / rate) + np.log(shape / rate)
                log_density -= s * np.log1p(weeks / (beta + part.age)[:, None])
                reached[:, 1:] += np.exp(log_density) * width / 2
            reached = reached.cumsum(axis=1) * p_alive[start : start + len(part), None]
            for place, level in enumerate(levels):
                after = (reached < level).sum(axis=1)
                is_found = after < len(grid)
                after = np.clip(after, 1, len(grid) - 1)
                here = np.arange(len(part))
                low, high = reached[here, after - 1], reached[here, after]
                with np.errstate(divide="ignore", invalid="ignore"):
                    weeks = grid[after - 1] + width[after - 1] * (level - low) / (high - low)
                found[start : start + len(part), place] = np.where(is_found, weeks, np.inf)
        return found


def _log_alive(parameters: np.ndarray, rows: Rows) -> np.ndarray:
    r, alpha, s, beta = parameters
    return -(r + rows.x) * np.log(alpha + rows.age) - s * np.log(beta + rows.age)


def _log_gone(parameters: np.ndarray, rows: Rows) -> tuple[np.ndarray, ...]:
    """Return the log of the integral over when they left, and the means of four functions of it.

    The integrand (alpha + t)^-(r + x) (beta + t)^-(s + 1), for t from the last order to the cut,
    is taken relative to (kappa + t)^-(r + x + s + 1) of the same slope at the last order, whose
    integral is known; the ratio lies between 1 and a constant.
    """
    r, alpha, s, beta = parameters
    shape, power = r + rows.x, r + s + rows.x
    first = (power + 1) / (shape / (alpha + rows.recency) + (s + 1) / (beta + rows.recency))
    ratio = np.log1p((rows.age - rows.recency) / first)
    length = -np.expm1(-power * ratio)
    place = np.exp(-power * ratio)[:, None] + length[:, None] * _NODES
    later = first[:, None] * np.exp(-np.log(place) / power[:, None])
    time = (rows.recency - first)[:, None] + np.minimum(
        later, (first + rows.age - rows.recency)[:, None]
    )
    log_alpha, log_beta = np.log(alpha + time), np.log(beta + time)
    log_ratio = (power + 1)[:, None] * np.log(later) - shape[:, None] * log_alpha
    log_ratio -= (s + 1) * log_beta
    top = log_ratio.max(axis=1)
    weights = np.exp(log_ratio - top[:, None]) * _WEIGHTS
    total = weights.sum(axis=1)
    with np.errstate(divide="ignore"):
        log_integral = np.log(length) + np.log(total) + top
    log_integral += np.log(s / power) - power * np.log(first)
    weights /= total[:, None]
    means = (log_alpha, 1 / (alpha + time), log_beta, 1 / (beta + time))
    return log_integral, *((weights * one).sum(axis=1) for one in means)


def _log_likelihood(parameters: np.ndarray, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    r, alpha, s, beta = parameters
    shape = r + rows.x
    alive = _log_alive(parameters, rows)
    gone, log_alpha, per_alpha, log_beta, per_beta = _log_gone(parameters, rows)
    log_both = np.logaddexp(alive, gone)
    is_alive = np.exp(alive - log_both)
    is_gone = 1 - is_alive
    shared = (
        at_counts(lambda n: gammaln(r + n), rows.x)
        - gammaln(r)
        + r * np.log(alpha)
        + s * np.log(beta)
    )
    now_alpha, now_beta = alpha + rows.age, beta + rows.age
    gradient = np.column_stack(
        [
            at_counts(lambda n: digamma(r + n), rows.x)
            - digamma(r)
            + np.log(alpha)
            - is_alive * np.log(now_alpha)
            - is_gone * log_alpha,
            r / alpha - shape * (is_alive / now_alpha + is_gone * per_alpha),
            np.log(beta) - is_alive * np.log(now_beta) + is_gone * (1 / s - log_beta),
            s / beta - is_alive * s / now_beta - is_gone * (s + 1) * per_beta,
        ]
    )
    return shared + log_both, gradient
