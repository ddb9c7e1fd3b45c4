"""Fitted methods: each gives every label a probability, for customers of whatever day.

References
----------
McFadden (1974), Conditional logit analysis of qualitative choice behavior: the categories that a
customer could choose are compared by what is known of each, with one weight per kind of knowledge.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import isotonic_regression, minimize
from sklearn.pipeline import Pipeline

from python_ml.new_customers.items import Items
from python_ml.new_customers.preparation import to_inputs
from python_ml.new_customers.purchases import NewPurchases, read_new_purchases

SIGNALS = ("later_share", "spent_share", "is_first", "is_bought", "item_score")
"""What is known of a category: its share among the labels (logarithm), in what the customer spent,
whether it is that of the first order, whether it was bought, and the score of the item model."""

_NEVER = 1e-9
_CHUNK_VALUES = 4_000_000


@dataclass(frozen=True)
class ClassModel:
    """A classifier, or the mean of several (of the logarithms of their probabilities).

    Attributes
    ----------
    labels : in order. numbers, texts : columns that it uses.
    pipelines : fitted on all `labels`; none of a single label.
    """

    labels: np.ndarray
    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    pipelines: tuple[Pipeline, ...]

    @property
    def columns(self) -> list[str]:
        """The columns that it uses."""
        return [*self.numbers, *self.texts]

    def predict_proba(self, rows: pd.DataFrame, purchases: NewPurchases | None) -> np.ndarray:
        """Return (rows, labels), which add up to 1 in each row; purchases are not looked at."""
        if not self.pipelines or rows.empty:
            return np.ones((len(rows), len(self.labels))) / len(self.labels)
        inputs = to_inputs(rows, numbers=self.numbers, texts=self.texts)
        logs = [np.log(one.predict_proba(inputs) + _NEVER) for one in self.pipelines]
        return to_shares(np.mean(logs, axis=0))

    def read(self, frame: pd.DataFrame, *, key: str) -> None:
        """Return nothing: no purchases are needed."""


@dataclass(frozen=True)
class BasketModel:
    """What looks at the products in the orders.

    Attributes
    ----------
    labels : the categories, in order. products : names. category_of : as in `NewPurchases`.
    later_share : (labels,), logarithm of the share of the training labels.
    first_category, key : columns.
    """

    labels: np.ndarray
    products: np.ndarray
    category_of: np.ndarray
    later_share: np.ndarray
    first_category: str
    key: str

    @property
    def columns(self) -> list[str]:
        """The columns that it uses."""
        return [self.key, "orders_used", self.first_category]

    def predict_proba(self, rows: pd.DataFrame, purchases: NewPurchases) -> np.ndarray:
        """Return (rows, labels), which add up to 1 in each row.

        Parameters
        ----------
        purchases : read with the `products` and categories of this model (`read`).
        """
        step = max(1, _CHUNK_VALUES // max(1, len(self.labels) * len(SIGNALS)))
        parts = [np.zeros((0, len(self.labels)))]
        for start in range(0, len(rows), step):
            part = rows.iloc[start : start + step]
            bought, shares = purchases.find_baskets(part[self.key], part["orders_used"])
            parts.append(self.predict_baskets(part[self.first_category], bought, shares))
        return np.concatenate(parts)

    def predict_baskets(
        self, first: pd.Series, bought: sparse.csr_array, shares: np.ndarray
    ) -> np.ndarray:
        """Return (customers, labels), from what `find_baskets` gives."""
        raise NotImplementedError

    def read(self, frame: pd.DataFrame, *, key: str) -> NewPurchases:
        """Read purchases with the codes of this model."""
        return read_new_purchases(
            frame,
            key=key,
            products=pd.Index(self.products),
            categories=pd.Index(self.labels),
            category_of=self.category_of,
        )


@dataclass(frozen=True)
class ChoiceModel(BasketModel):
    """A conditional logit: the signals of each category, weighed.

    Attributes
    ----------
    items : the item model. signals : of SIGNALS. weights : (signals,), never below 0.
    """

    items: Items
    signals: tuple[str, ...]
    weights: np.ndarray

    def predict_baskets(
        self, first: pd.Series, bought: sparse.csr_array, shares: np.ndarray
    ) -> np.ndarray:
        """Return (customers, labels), from what `find_baskets` gives."""
        signals = gather_signals(
            first,
            shares,
            bought,
            self.items.score(bought),
            labels=pd.Index(self.labels),
            later_share=self.later_share,
            category_of=self.category_of,
        )
        chosen = [SIGNALS.index(name) for name in self.signals]
        return to_shares(signals[..., chosen] @ self.weights)


@dataclass(frozen=True)
class SpendRule(BasketModel):
    """The categories by what was spent on them, then by how many earlier customers came to them.

    Attributes
    ----------
    rank_shares : (labels,), probability of each rank, falling.
    """

    rank_shares: np.ndarray

    def predict_baskets(
        self, first: pd.Series, bought: sparse.csr_array, shares: np.ndarray
    ) -> np.ndarray:
        """Return (customers, labels), from what `find_baskets` gives."""
        ranks = np.empty(shares.shape, dtype=int)
        order = np.argsort(-order_by_spend(shares, self.later_share), axis=1, kind="stable")
        np.put_along_axis(ranks, order, np.arange(shares.shape[1])[None], axis=1)
        return self.rank_shares[ranks]


@dataclass(frozen=True)
class Baseline:
    """The labels by how many had them, the same for all but for an own first one.

    Attributes
    ----------
    labels : in order. counts : (labels,).
    own_column : with the label that is put first, where it is known.
    """

    labels: np.ndarray
    counts: np.ndarray
    own_column: str | None = None

    def rank(self, rows: pd.DataFrame, *, labels: pd.Index) -> np.ndarray:
        """Return (rows, labels), the higher the better; minus infinity of what nobody had."""
        counts = np.full(len(labels), -np.inf)
        places = labels.get_indexer(pd.Index(self.labels))
        counts[places[places >= 0]] = self.counts[places >= 0]
        counts[counts == 0] = -np.inf
        scores = np.repeat(counts[None], len(rows), axis=0)
        if self.own_column is not None:
            own = labels.get_indexer(rows[self.own_column])
            scores[np.flatnonzero(own >= 0), own[own >= 0]] = np.inf
        return scores


def gather_signals(
    first: pd.Series,
    shares: np.ndarray,
    bought: sparse.csr_array,
    item_scores: np.ndarray,
    *,
    labels: pd.Index,
    later_share: np.ndarray,
    category_of: np.ndarray,
) -> np.ndarray:
    """Return (customers, labels, SIGNALS).

    Parameters
    ----------
    first : (customers,), category of the first order. shares, bought : as `find_baskets` gives
        them. item_scores : (customers, labels). later_share : (labels,).
    category_of : (products,), codes in `labels`.
    """
    is_first = np.zeros(shares.shape)
    codes = labels.get_indexer(first)
    is_first[np.flatnonzero(codes >= 0), codes[codes >= 0]] = 1
    is_bought = np.zeros(shares.shape)
    customer, product = bought.nonzero()
    of_product = category_of[product]
    is_bought[customer[of_product >= 0], of_product[of_product >= 0]] = 1
    alike = np.broadcast_to(later_share, shares.shape)
    return np.stack([alike, shares, is_first, is_bought, item_scores], axis=-1)


def order_by_spend(shares: np.ndarray, later_share: np.ndarray) -> np.ndarray:
    """Return (customers, labels), the higher the earlier: what was spent on, then the rest.

    >>> order_by_spend(np.array([[0.0, 0.2, 0.8, 0.0]]), np.log([0.7, 0.1, 0.1, 0.1])).round(1)
    array([[0.7, 1.2, 1.8, 0.1]])
    """
    return np.where(shares > 0, 1 + shares, np.exp(later_share))


def fit_rank_shares(ranks: np.ndarray, count: int) -> np.ndarray:
    """Return (count,), the share of the labels at each rank from 1 on, made to fall and add to 1.

    Parameters
    ----------
    ranks : (customers,), of the labels that came.

    References
    ----------
    Ayer, Brunk, Ewing, Reid, Silverman (1955), Ann. Math. Stat. 26: pooling until it falls.

    >>> fit_rank_shares(np.array([1, 1, 3, 3]), 3).round(2).tolist()
    [0.43, 0.29, 0.29]
    """
    counts = np.bincount(ranks.astype(int) - 1, minlength=count) + 1.0
    falling = isotonic_regression(counts, increasing=False).x
    # Equal ranks would be told apart by the names of their labels.
    falling = falling * (1 - 1e-9 * np.arange(count))
    return falling / falling.sum()


def fit_weights(signals: np.ndarray, truth: np.ndarray, *, penalty: float = 1.0) -> np.ndarray:
    """Weigh signals so that the labels that came are the likeliest: a conditional logit.

    Parameters
    ----------
    signals : (customers, labels, signals). truth : (customers,), the number of each label.
    penalty : of the squared weights, halved; more makes them smaller.

    Returns
    -------
    (signals,), never below 0: what speaks for a category never speaks against it.

    Examples
    --------
    Two labels, of which the one with the higher first signal comes; the second means nothing.

    >>> random = np.random.default_rng(1)
    >>> signals = random.normal(size=(200, 2, 2))
    >>> weights = fit_weights(signals, signals[..., 0].argmax(axis=1))
    >>> bool(weights[0] > 2), bool(weights[1] < 0.5)
    (True, True)
    """
    rows = np.arange(len(truth))

    def lose(weights: np.ndarray) -> tuple[float, np.ndarray]:
        shares = to_shares(signals @ weights)
        expected = np.einsum("nl,nls->s", shares, signals)
        slope = expected - signals[rows, truth].sum(axis=0) + penalty * weights
        likely = np.log(shares[rows, truth] + 1e-300).sum()
        return penalty / 2 * weights @ weights - likely, slope

    count = signals.shape[2]
    found = minimize(
        lose, np.full(count, 0.1), jac=True, method="L-BFGS-B", bounds=[(0, None)] * count
    )
    return found.x


def to_shares(logs: np.ndarray) -> np.ndarray:
    """Return the exponentials, divided by their sum in each row.

    >>> to_shares(np.log([[1.0, 3.0]])).tolist()
    [[0.25, 0.75]]
    """
    powers = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf))
    return powers / powers.sum(axis=1, keepdims=True)
