"""EASE: a linear model of what a customer buys, solved in closed form.

References
----------
Steck (2019), Embarrassingly shallow autoencoders for sparse data, WWW.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from python_ml.recommendations.methods import Scorer
from python_ml.recommendations.purchases import Purchases


@dataclass(frozen=True)
class Ease:
    """Each product's purchases as a sum of weights of the other products bought.

    Attributes
    ----------
    regularisation : above 0; more makes the weights smaller and more alike.
    half_life_days : after so many days a purchase weighs half; None weighs all alike.
    max_products : the most bought so many are learned and scored; the work grows with their cube.
    """

    regularisation: float = 200.0
    half_life_days: float | None = None
    max_products: int = 3_000

    def fit(self, purchases: Purchases) -> Scorer:
        """Solve for the weights.

        Raises
        ------
        ValueError : the regularisation is not above 0.
        """
        if not self.regularisation > 0:
            raise ValueError(f"regularisation is above 0, not {self.regularisation}")
        weights = purchases.latest(half_life_days=self.half_life_days)
        buyers = np.diff(weights.tocsc().indptr)
        learned = np.argsort(-buyers, kind="stable")[: self.max_products]
        learned = np.sort(learned[buyers[learned] > 0])
        known = sparse.csr_array(weights[:, learned])
        return LinearScores(known, solve_weights(known, self.regularisation), learned, len(buyers))


def solve_weights(purchases: sparse.csr_array, regularisation: float) -> np.ndarray:
    """Return (products, products), B: minus P over its diagonal by columns, 0 on the diagonal.

    P is the inverse of X'X + regularisation times I, X being the purchases.
    """
    if not purchases.shape[1]:
        return np.zeros((0, 0))
    gram = (purchases.T @ purchases).toarray()
    gram[np.diag_indices_from(gram)] += regularisation
    # Symmetric and positive: half the work of an inverse, and as exact.
    factor = linalg.cho_factor(gram, lower=True, overwrite_a=True)
    inverse = linalg.cho_solve(factor, np.eye(len(gram)), overwrite_b=True)
    solved = -inverse / np.diag(inverse)
    np.fill_diagonal(solved, 0)
    return solved


@dataclass(frozen=True)
class LinearScores:
    """A customer's purchases times weights.

    Attributes
    ----------
    known : (customers, learned), what was bought. weights : (learned, learned).
    learned : product numbers. products : how many there are.
    """

    known: sparse.csr_array
    weights: np.ndarray
    learned: np.ndarray
    products: int

    def score(self, rows: np.ndarray) -> np.ndarray:
        """Return the scores; nothing is said of customers who bought none of the products."""
        scores = np.full((len(rows), self.products), -np.inf)
        known = self.known[rows]
        bought = np.diff(known.indptr) > 0
        scores[np.ix_(bought, self.learned)] = known[bought] @ self.weights
        return scores
