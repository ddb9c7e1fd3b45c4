"""What a customer buys again and again, alone and with customers who do likewise.

References
----------
Hu, He, Gao and Zhang (2020), Modeling personalized item frequency information for next-basket
recommendation, SIGIR. Here every purchase fades by its age, in place of groups of baskets.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from python_ml.recommendations.methods import Scorer
from python_ml.recommendations.neighbours import Neighbourhood, draw_rows
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
        """Sum what the purchases weigh."""
        return OwnScores(purchases.summed(half_life_days=self.half_life_days))


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
    asked: int = 10_000
    seed: int = 42

    def fit(self, purchases: Purchases) -> Scorer:
        """Sum what the purchases weigh, each customer's to a length of 1."""
        summed = purchases.summed(half_life_days=self.half_life_days)
        lengths = np.sqrt(np.asarray(summed.multiply(summed).sum(axis=1)).reshape(-1))
        unit = sparse.csr_array(sparse.diags_array(1 / np.where(lengths > 0, lengths, 1)) @ summed)
        asked = draw_rows(unit.shape[0], most=self.asked, seed=self.seed)
        return MixedScores(Neighbourhood(unit, asked, self.neighbours), self.share)


@dataclass(frozen=True)
class OwnScores:
    """A customer's own row.

    Attributes
    ----------
    known : (customers, products).
    """

    known: sparse.csr_array

    def score(self, rows: np.ndarray) -> np.ndarray:
        """Return the scores; nothing is said of what the customer never bought."""
        scores = self.known[rows].toarray()
        return np.where(scores > 0, scores, -np.inf)


@dataclass(frozen=True)
class MixedScores:
    """A customer's own row and the mean of the most similar ones, by their likeness.

    Attributes
    ----------
    neighbourhood : of the customers' frequencies, to a length of 1. share : of the neighbours.
    """

    neighbourhood: Neighbourhood
    share: float

    def score(self, rows: np.ndarray) -> np.ndarray:
        """Return the scores; nothing is said of what neither the customer nor those bought."""
        known, asked = self.neighbourhood.compared, self.neighbourhood.asked
        alike = self.neighbourhood.find_alike(rows)
        likeness = np.asarray(alike.sum(axis=1)).reshape(-1, 1)
        others = (alike @ known[asked]).toarray() / np.where(likeness > 0, likeness, 1)
        scores = (1 - self.share) * known[rows].toarray() + self.share * others
        return np.where(scores > 0, scores, -np.inf)
