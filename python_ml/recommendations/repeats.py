"""What a customer buys again and again, alone and with customers who do likewise.

References
----------
Hu, He, Gao and Zhang (2020), Modeling personalized item frequency information for next-basket
recommendation, SIGIR. Here every purchase fades by its age, in place of groups of baskets.
"""

from dataclasses import dataclass

import numpy as np

from python_ml.recommendations.methods import Scorer
from python_ml.recommendations.neighbours import (
    Neighbourhood,
    draw_rows,
    find_rows,
    sum_rows,
    to_unit_rows,
)
from python_ml.recommendations.purchases import Purchases


@dataclass(frozen=True)
class Frequency:
    """How often and how lately the customer bought each product.

    Attributes
    ----------
    half_life_days : after so many days a purchase weighs half; None weighs all alike.
    """

    half_life_days: float | None = 180.0

    def fit(self, purchases: Purchases) -> Scorer:
        """Remember how fast purchases fade."""
        return OwnScores(self.half_life_days)


@dataclass(frozen=True)
class NeighbourFrequency:
    """The same, mixed with that of the customers whose frequencies are most alike (TIFU-kNN).

    Attributes
    ----------
    half_life_days : after so many days a purchase weighs half.
    neighbours : customers whose frequencies are mixed in. share : theirs, from 0 to 1.
    asked, seed : as of SimilarCustomers.
    """

    half_life_days: float | None = 180.0
    neighbours: int = 100
    share: float = 0.5
    asked: int = 2_000
    seed: int = 42

    def fit(self, purchases: Purchases) -> Scorer:
        """Draw the customers who are asked, and sum what their purchases weigh."""
        asked = purchases.take(draw_rows(purchases.shape[0], most=self.asked, seed=self.seed))
        unit = to_unit_rows(asked.summed(half_life_days=self.half_life_days))
        neighbourhood = Neighbourhood(unit, asked.customers, self.neighbours)
        return MixedScores(neighbourhood, self.share, self.half_life_days)


@dataclass(frozen=True)
class OwnScores:
    """What a customer's own purchases weigh.

    Attributes
    ----------
    half_life_days : of a purchase.
    """

    half_life_days: float | None

    def score(self, purchases: Purchases) -> np.ndarray:
        """Return the scores; nothing is said of what the customer never bought."""
        return purchases.summed(half_life_days=self.half_life_days).toarray()


@dataclass(frozen=True)
class MixedScores:
    """A customer's own frequencies and the mean of the most similar ones, by their likeness.

    Attributes
    ----------
    neighbourhood : of frequencies, to a length of 1. share : of the neighbours.
    half_life_days : of a purchase.
    """

    neighbourhood: Neighbourhood
    share: float
    half_life_days: float | None

    def score(self, purchases: Purchases) -> np.ndarray:
        """Return the scores; nothing is said of what neither the customer nor those bought."""
        known = purchases.summed(half_life_days=self.half_life_days)
        own = to_unit_rows(known).astype(self.neighbourhood.asked.dtype)
        alike = self.neighbourhood.find_alike(own, purchases.customers)
        likeness = alike.sum(axis=1, keepdims=True)
        alike *= self.share / np.where(likeness > 0, likeness, 1)
        scores = sum_rows(alike, self.neighbourhood.by_product)
        scores[find_rows(own), own.indices] += (1 - self.share) * own.data
        return scores
