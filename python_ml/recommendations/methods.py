"""What every method of recommendation does, and the simplest: what most customers buy."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from python_ml.recommendations.purchases import Purchases


class Scorer(Protocol):
    """A method that was fitted."""

    def score(self, rows: np.ndarray) -> np.ndarray:
        """Return (rows, products), the higher the better, for customers by their row numbers.

        Minus infinity where the method has nothing to say of a product.
        """


class Method(Protocol):
    """A way to find what a customer will buy."""

    def fit(self, purchases: Purchases) -> Scorer:
        """Learn from all purchases."""


@dataclass(frozen=True)
class Popularity:
    """The products that most customers bought, the same for everybody.

    Attributes
    ----------
    half_life_days : after so many days a purchase counts half; None counts all alike.
    """

    half_life_days: float | None = None

    def fit(self, purchases: Purchases) -> Scorer:
        """Count the customers of each product."""
        weights = purchases.latest(half_life_days=self.half_life_days)
        totals = np.asarray(weights.sum(axis=0), dtype=float).reshape(-1)
        return SameForAll(np.where(totals > 0, totals, -np.inf))


@dataclass(frozen=True)
class SameForAll:
    """Scores that do not depend on the customer.

    Attributes
    ----------
    scores : (products,).
    """

    scores: np.ndarray

    def score(self, rows: np.ndarray) -> np.ndarray:
        """Return the scores for each of the rows."""
        return np.broadcast_to(self.scores, (len(rows), len(self.scores))).copy()
