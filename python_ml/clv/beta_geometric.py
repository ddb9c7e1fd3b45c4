"""BG/NBD and MBG/NBD: orders at a rate of one's own, and a chance to leave after each.

A customer orders at rate lambda ~ Gamma(r, alpha) per week and leaves after an order with
probability p ~ Beta(a, b): after each repeat order in BG/NBD, after the first order too in
MBG/NBD. The two differ in `first_chances`, 0 or 1, the chances to leave before a repeat order.

References
----------
Fader, Hardie and Lee (2005), "Counting your customers" the easy way, Marketing Science 24.
Batislam, Denizel and Filiztekin (2007), Empirical validation and comparison of models for customer
base analysis, Int. J. of Research in Marketing 24. Hoppe and Wagner (2007), Customer base
analysis: the case for a central variant of the Betageometric/NBD model, Marketing ZFP 3.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

from python_ml.clv.histories import Rows, at_counts


@dataclass(frozen=True)
class BetaGeometric:
    """The family; `first_chances` is 0 for BG/NBD and 1 for MBG/NBD."""

    first_chances: int
    names = ("r", "alpha", "a", "b")

    def starts(self, rows: Rows) -> list[list[float]]:
        """Return parameters to begin from, by the orders per week of all customers."""
        rate = rows.weights @ rows.x / (rows.weights @ rows.age)
        return [
            [r, r / (rate * 1.5), a, b] for r, a, b in ((0.5, 0.5, 2.0), (1, 1, 1), (0.3, 0.1, 3))
        ]

    def log_likelihood(self, parameters: np.ndarray, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Return log-likelihoods, (rows,), and their gradients in the parameters, (rows, 4)."""
        r, alpha, a, b = parameters
        x, chances = rows.x, rows.x + self.first_chances
        later = self.first_chances
        shared = at_counts(
            lambda n: gammaln(r + n) + gammaln(b + later + n) - gammaln(a + b + later + n), x
        )
        shared += r * np.log(alpha) - gammaln(r) - gammaln(b) + gammaln(a + b)
        log_last, log_now, alive, gone = self._log_parts(parameters, rows)
        log_both = np.logaddexp(alive, gone)
        is_alive = np.exp(alive - log_both)
        is_gone = 1 - is_alive
        survived = digamma(a + b) - at_counts(lambda n: digamma(a + b + later + n), x)
        with np.errstate(divide="ignore", invalid="ignore"):
            left = np.where(is_gone > 0, is_gone / (b + chances - 1), 0)
        gradient = np.column_stack(
            [
                at_counts(lambda n: digamma(r + n), x)
                - digamma(r)
                + np.log(alpha)
                - is_alive * log_now
                - is_gone * log_last,
                r / alpha
                - (r + x) * (is_alive / (alpha + rows.age) + is_gone / (alpha + rows.recency)),
                survived + is_gone / a,
                survived + at_counts(lambda n: digamma(b + later + n), x) - digamma(b) - left,
            ]
        )
        return shared + log_both, gradient

    def _log_parts(self, parameters: np.ndarray, rows: Rows) -> tuple[np.ndarray, ...]:
        """Return logs of alpha + recency and alpha + age, and of being there and being gone."""
        r, alpha, a, b = parameters
        chances = rows.x + self.first_chances
        log_last, log_now = np.log(alpha + rows.recency), np.log(alpha + rows.age)
        alive = -(r + rows.x) * log_now
        with np.errstate(divide="ignore", invalid="ignore"):
            gone = np.log(a) - np.log(b + chances - 1) - (r + rows.x) * log_last
        return log_last, log_now, alive, np.where(chances > 0, gone, -np.inf)

    def p_alive(self, parameters: np.ndarray, rows: Rows) -> np.ndarray:
        """Return the probability that a customer has not left for good, (rows,)."""
        _, _, alive, gone = self._log_parts(parameters, rows)
        return np.exp(alive - np.logaddexp(alive, gone))

    def tails(self, parameters: np.ndarray, rows: Rows, weeks: float) -> Iterator[np.ndarray]:
        """Yield P(more than n orders in `weeks` | alive) for n = 0, 1, ..., each (rows,).

        An order n + 1 comes if n orders did not end it, and if a Gamma-Poisson process has more
        than n events; rate and probability have independent posteriors, given alive.
        """
        r, alpha, a, b = parameters
        shape, rate = r + rows.x, alpha + rows.age
        stay = b + rows.x + self.first_chances
        log_odds = np.log(weeks) - np.log(rate + weeks)
        log_chance = -shape * np.log1p(weeks / rate)
        tail, survival = -np.expm1(log_chance), np.ones(len(rows))
        n = 0
        while True:
            yield survival * np.maximum(tail, 0)
            survival = survival * (stay + n) / (a + stay + n)
            log_chance = log_chance + np.log((shape + n) / (n + 1)) + log_odds
            tail = tail - np.exp(log_chance)
            n += 1

    def next_order_weeks(
        self, parameters: np.ndarray, rows: Rows, levels: tuple[float, ...], most: float
    ) -> np.ndarray:
        """Return the weeks by which the next order comes with each probability, (rows, levels).

        Infinite where it is not reached within `most` weeks.
        """
        r, alpha = parameters[:2]
        p_alive = self.p_alive(parameters, rows)[:, None]
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            log_rest = np.log1p(-np.minimum(np.array(levels) / p_alive, 1))
            found = (alpha + rows.age)[:, None] * np.expm1(-log_rest / (r + rows.x)[:, None])
        return np.where(found <= most, found, np.inf)
