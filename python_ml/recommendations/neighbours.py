"""Products that the same customers buy, and customers who buy the same products.

References
----------
Sarwar et al. (2001), Item-based collaborative filtering recommendation algorithms, WWW.
Herlocker et al. (1999), An algorithmic framework for performing collaborative filtering, SIGIR.
Robertson and Zaragoza (2009), The probabilistic relevance framework: BM25 and beyond.
"""

import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from python_ml.recommendations.methods import Scorer
from python_ml.recommendations.purchases import Purchases

K1, B = 1.2, 0.75
"""How fast a further purchase counts less, and how much customers who buy much do (BM25)."""

TURNED_AT_A_TIME = 256
"""Products whose scores are brought from columns to rows at a time: so many fit a cache."""

ROWS_AT_A_TIME = 200
"""Rows compared with all others at a time: no square of all is ever held."""


@dataclass(frozen=True)
class SimilarProducts:
    """The sum of the similarities to the products bought.

    Attributes
    ----------
    by : cosine, or BM25, which weighs a purchase less where the customer or many others buy much.
    shrinkage : common customers at which a similarity counts half.
    half_life_days : after so many days a purchase weighs half. neighbours : kept of a product.
    """

    by: str = "cosine"
    shrinkage: float = 20.0
    half_life_days: float | None = None
    neighbours: int = 100

    def fit(self, purchases: Purchases) -> Scorer:
        """Compare the products.

        Raises
        ------
        ValueError : `by` is neither cosine nor BM25.
        """
        if self.by not in ("cosine", "BM25"):
            raise ValueError(f"by is cosine or BM25, not {self.by}")
        known = purchases.latest(half_life_days=self.half_life_days)
        bought = purchases.bought()
        weighed = _to_unit_columns(known) if self.by == "cosine" else _weigh_by_bm25(bought, known)
        by_product, common = sparse.csr_array(weighed.T), sparse.csr_array(bought.T)
        parts = []
        for start in range(0, known.shape[1], ROWS_AT_A_TIME):
            own = slice(start, start + ROWS_AT_A_TIME)
            alike = (by_product[own] @ weighed).toarray()
            if self.shrinkage:
                both = (common[own] @ bought).toarray()
                alike *= both / (both + self.shrinkage)
            alike[np.arange(len(alike)), np.arange(start, start + len(alike))] = 0
            parts.append(keep_largest(alike, self.neighbours))
        similar = sparse.vstack(parts) if parts else sparse.csr_array(known.shape[1:] * 2)
        return SparseScores(sparse.csr_array(similar), self.half_life_days)


@dataclass(frozen=True)
class SimilarCustomers:
    """What the customers bought who are most alike, each by its likeness.

    Attributes
    ----------
    neighbours : customers whose purchases count. half_life_days : after so many days a purchase
        weighs half, in the likeness and in what is offered.
    asked : customers among whom neighbours are sought, drawn by `seed` where there are more: the
        work grows with it.
    """

    neighbours: int = 100
    half_life_days: float | None = None
    asked: int = 2_000
    seed: int = 42

    def fit(self, purchases: Purchases) -> Scorer:
        """Draw the customers who are asked, and weigh what they bought, rare products more."""
        buyers = np.maximum(np.asarray(purchases.bought().sum(axis=0)).reshape(-1), 1)
        rarity = np.log((1 + purchases.shape[0]) / buyers)
        asked = purchases.take(draw_rows(purchases.shape[0], most=self.asked, seed=self.seed))
        known = asked.latest(half_life_days=self.half_life_days)
        neighbourhood = Neighbourhood(
            to_unit_rows(known, rarity), asked.customers, self.neighbours
        )
        by_product = sparse.csr_array(known.T)
        return NeighbourScores(neighbourhood, by_product, rarity, self.half_life_days)


@dataclass(frozen=True)
class SparseScores:
    """A customer's purchases times similarities.

    Attributes
    ----------
    similar : (products, products), the neighbours of each row. half_life_days : of a purchase.
    """

    similar: sparse.csr_array
    half_life_days: float | None

    def score(self, purchases: Purchases) -> np.ndarray:
        """Return the scores; nothing is said of what is like nothing that was bought."""
        known = purchases.latest(half_life_days=self.half_life_days)
        return (known.astype(self.similar.dtype) @ self.similar).toarray()


@dataclass(frozen=True)
class Neighbourhood:
    """Who is like whom.

    Attributes
    ----------
    asked : (asked, products), rows of length 1, of the customers among whom neighbours are sought.
    keys : (asked,), of them. neighbours : so many of them count.
    """

    asked: sparse.csr_array
    keys: np.ndarray
    neighbours: int

    @functools.cached_property
    def by_product(self) -> sparse.csr_array:
        """(products, asked), the same by product."""
        return sparse.csr_array(self.asked.T)

    def find_alike(self, compared: sparse.csr_array, keys: np.ndarray) -> np.ndarray:
        """Return (rows, asked), the likeness of the most similar others, 0 of the rest.

        Parameters
        ----------
        compared : (rows, products), rows of length 1, of the customers whose keys are given.
        """
        alike = (compared @ self.by_product).toarray()
        own = pd.Index(self.keys).get_indexer(keys)
        is_asked = np.flatnonzero(own >= 0)
        alike[is_asked, own[is_asked]] = 0
        return _leave_largest(alike, self.neighbours)


@dataclass(frozen=True)
class NeighbourScores:
    """The purchases of the most similar customers.

    Attributes
    ----------
    by_product : (products, asked), what they bought. rarity : (products,), what each weighs in
        the likeness. half_life_days : of a purchase.
    """

    neighbourhood: Neighbourhood
    by_product: sparse.csr_array
    rarity: np.ndarray
    half_life_days: float | None

    def score(self, purchases: Purchases) -> np.ndarray:
        """Return the scores; nothing is said of what no similar customer bought."""
        known = purchases.latest(half_life_days=self.half_life_days)
        compared = to_unit_rows(known, self.rarity).astype(self.by_product.dtype)
        alike = self.neighbourhood.find_alike(compared, purchases.customers)
        return sum_rows(alike, self.by_product)


def draw_rows(rows: int, *, most: int, seed: int) -> np.ndarray:
    """Return the numbers of all rows, or of a sample of so many, in order."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def keep_largest(values: np.ndarray, largest: int) -> sparse.csr_array:
    """Return the largest values above 0 of each row, of equal ones all; the rest is 0."""
    return sparse.csr_array(_leave_largest(values, largest))


def sum_rows(weights: np.ndarray, by_product: sparse.csr_array) -> np.ndarray:
    """Return (rows, products), the sum of what was bought, weighed.

    Parameters
    ----------
    weights : (rows, asked). by_product : (products, asked), what those who are asked bought.
    """
    # By product, so that the inner loop runs over rows that lie together.
    summed = by_product @ np.ascontiguousarray(weights.T)
    turned = np.empty(summed.shape[::-1], dtype=summed.dtype)
    for start in range(0, len(summed), TURNED_AT_A_TIME):
        some = slice(start, start + TURNED_AT_A_TIME)
        turned[:, some] = summed[some].T
    return turned


def find_rows(matrix: sparse.csr_array) -> np.ndarray:
    """Return (values,), the row of each value of a matrix."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def to_unit_rows(matrix: sparse.csr_array, weights: np.ndarray | float = 1.0) -> sparse.csr_array:
    """Return the matrix with its columns weighed and then its rows brought to a length of 1."""
    values, row = (
        matrix.data * np.broadcast_to(weights, matrix.shape[1:])[matrix.indices],
        find_rows(matrix),
    )
    lengths = np.sqrt(np.bincount(row, weights=values**2, minlength=matrix.shape[0]))
    values = values / np.where(lengths > 0, lengths, 1)[row]
    return sparse.csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)


def _leave_largest(values: np.ndarray, largest: int) -> np.ndarray:
    values = np.maximum(values, 0)
    if values.shape[1] > largest:
        values *= values >= np.partition(values, -largest, axis=1)[:, -largest, None]
    return values


def _to_unit_columns(matrix: sparse.csr_array) -> sparse.csr_array:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0)).reshape(-1))
    return sparse.csr_array(matrix @ sparse.diags_array(1 / np.where(lengths > 0, lengths, 1)))


def _weigh_by_bm25(bought: sparse.csr_array, known: sparse.csr_array) -> sparse.csr_array:
    """Return the purchases by BM25, each customer being a document of products."""
    customers = bought.shape[0]
    buyers = np.asarray(bought.sum(axis=0)).reshape(-1)
    rarity = np.log(1 + (customers - buyers + 0.5) / (buyers + 0.5))
    breadth = np.diff(bought.indptr)
    mean = breadth.mean() if breadth.any() else 1.0
    saturation = K1 * (1 - B + B * breadth / mean)
    pairs = known.tocoo()
    row, column = pairs.coords
    values = pairs.data * (K1 + 1) / (pairs.data + saturation[row]) * rarity[column]
    return sparse.csr_array((values, (row, column)), shape=known.shape)
