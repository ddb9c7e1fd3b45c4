"""EASE: a linear model of what a customer buys, solved in closed form.

References
----------
Steck (2019), Embarrassingly shallow autoencoders for sparse data, WWW.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from python_ml.recommendations.methods import Scorer
from python_ml.recommendations.neighbours import find_rows, keep_largest
from python_ml.recommendations.purchases import Purchases

WORKERS = 2
"""Parts of the rarely bought products compared at the same time."""

PRODUCTS_AT_A_TIME = 200
"""Rarely bought products compared with all others at a time."""


@dataclass(frozen=True)
class Ease:
    """Each product's purchases as a sum of weights of the other products bought.

    Attributes
    ----------
    regularisation : above 0; more makes the weights smaller and more alike.
    half_life_days : after so many days a purchase weighs half; None weighs all alike.
    length_power : customers weigh by 1 over this power of how many products they bought; 0 weighs
        all alike.
    max_products : the most bought so many are learned together; the work grows with their cube.
    neighbours : of each of the others, the products that lead to it.
    """

    regularisation: float = 200.0
    half_life_days: float | None = None
    length_power: float = 0.0
    max_products: int = 3_000
    neighbours: int = 30

    def fit(self, purchases: Purchases) -> Scorer:
        """Solve for the weights of the products most bought, and compare the others with all.

        Raises
        ------
        ValueError : the regularisation is not above 0.
        """
        if not self.regularisation > 0:
            raise ValueError(f"regularisation is above 0, not {self.regularisation}")
        weights = purchases.latest(half_life_days=self.half_life_days)
        if self.length_power:
            lengths = np.maximum(np.diff(weights.indptr), 1)
            weights = sparse.csr_array(
                sparse.diags_array(lengths ** (-self.length_power / 2)) @ weights
            )
        buyers = np.bincount(weights.indices, minlength=weights.shape[1])
        learned = np.argsort(-buyers, kind="stable")[: self.max_products]
        learned = np.sort(learned[buyers[learned] > 0])
        rare = np.setdiff1d(np.flatnonzero(buyers), learned)
        solved = solve_weights(sparse.csr_array(weights[:, learned]), self.regularisation)
        return LinearScores(
            solved,
            learned,
            self._compare_rare(weights, rare),
            self.half_life_days,
        )

    def _compare_rare(self, weights: sparse.csr_array, rare: np.ndarray) -> sparse.csr_array:
        """Return (products, products), which share of one's customers buy a rare other, shrunk."""
        lengths = np.asarray(weights.multiply(weights).sum(axis=0)).reshape(-1)
        by_product = sparse.csr_array(weights.T)

        def compare(some: np.ndarray) -> sparse.csr_array:
            shares = (by_product[some] @ weights).toarray() / (lengths + self.regularisation)
            shares[np.arange(len(some)), some] = 0
            return keep_largest(shares, self.neighbours)

        parts = np.split(rare, range(PRODUCTS_AT_A_TIME, len(rare), PRODUCTS_AT_A_TIME))
        with ThreadPoolExecutor(WORKERS) as workers:
            found = sparse.vstack(list(workers.map(compare, parts))).tocoo()
        product, other = found.coords
        return sparse.csr_array(
            (found.data, (other, rare[product])), shape=(weights.shape[1], weights.shape[1])
        )


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
    solved = np.ascontiguousarray(-inverse / np.diag(inverse))
    np.fill_diagonal(solved, 0)
    return solved


@dataclass(frozen=True)
class LinearScores:
    """A customer's purchases times weights.

    Attributes
    ----------
    weights : (learned, learned). learned : product numbers, in order.
    shares : (products, products), of one's customers who buy a rare other.
    half_life_days : of a purchase.
    """

    weights: np.ndarray
    learned: np.ndarray
    shares: sparse.csr_array
    half_life_days: float | None

    def score(self, purchases: Purchases) -> np.ndarray:
        """Return the scores: of rarely bought products the mean share, weighed as the purchases.

        Nothing is said of customers who bought none of the products that are learned.
        """
        known = purchases.latest(half_life_days=self.half_life_days)
        known = known.astype(self.weights.dtype)
        learned = _to_slice(self.learned)
        scored = sparse.csr_array(known[:, learned]) @ self.weights
        total = np.asarray(known.sum(axis=1)).reshape(-1)
        known.data /= np.where(total > 0, total, 1)[find_rows(known)]
        scores = (known @ self.shares).toarray()
        scores[:, learned] = scored
        return scores


def _to_slice(numbers: np.ndarray) -> slice | np.ndarray:
    """Return numbers in order as a slice where none is left out: that is much faster."""
    if len(numbers) and numbers[-1] - numbers[0] == len(numbers) - 1:
        return slice(int(numbers[0]), int(numbers[-1]) + 1)
    return numbers
