"""What every method of recommendation does, and the simplest: what most customers buy."""

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Protocol, TypeVar

import numpy as np
import pandas as pd
from scipy import sparse

from python_ml.recommendations.purchases import Purchases

T = TypeVar("T")


class Scorer(Protocol):
    """A method that was fitted."""

    def score(self, purchases: Purchases) -> np.ndarray:
        """Return (customers, products), the higher the better, for whoever bought these.

        The customers need not be those of the fit; the products are. Of what is not above 0 the
        method has nothing to say.
        """


class Method(Protocol):
    """A way to find what a customer will buy."""

    def fit(self, purchases: Purchases) -> Scorer:
        """Learn from all purchases."""


def to_single(fitted: T) -> T:
    """Return a scorer with its arrays, and so its scores, in single precision.

    There may be billions of scores, and in half the bytes they take half the time.
    """
    changed = {}
    for field in fields(fitted):
        value = getattr(fitted, field.name)
        if is_dataclass(value):
            changed[field.name] = to_single(value)
        elif getattr(value, "dtype", None) == np.float64:
            changed[field.name] = value.astype(np.float32)
    return replace(fitted, **changed)


@dataclass(frozen=True)
class Popularity:
    """The products that most customers bought: the same for everybody, or for each segment.

    Attributes
    ----------
    half_life_days : after so many days a purchase counts half; None counts all alike.
    segments : each customer's segment by key; the products of whom it does not name are those of
        all such customers. None counts all customers together.
    """

    half_life_days: float | None = None
    segments: pd.Series | None = None

    def fit(self, purchases: Purchases) -> Scorer:
        """Count the customers of each product."""
        weights = purchases.latest(half_life_days=self.half_life_days)
        segments = pd.Index([]) if self.segments is None else pd.Index(self.segments.unique())
        found = Popular(np.zeros((len(segments) + 1, weights.shape[1])), self.segments, segments)
        group = found.find_groups(purchases)
        ones = np.ones(len(group))
        members = sparse.csr_array(
            (ones, (group, np.arange(len(group)))), shape=(len(found.scores), len(group))
        )
        totals = (members @ weights).toarray()
        sizes = np.maximum(np.bincount(group, minlength=len(totals)), 1)[:, None]
        return Popular(totals / sizes, self.segments, segments)


@dataclass(frozen=True)
class Popular:
    """What each group of customers buys.

    Attributes
    ----------
    scores : (groups, products), the share of the group; the last group is of those without a
        segment. segments : of customers, by key. names : of the other groups.
    """

    scores: np.ndarray
    segments: pd.Series | None
    names: pd.Index

    def find_groups(self, purchases: Purchases) -> np.ndarray:
        """Return (customers,), the number of each one's group."""
        last = len(self.names)
        if self.segments is None:
            return np.full(len(purchases.customers), last)
        group = self.names.get_indexer(self.segments.reindex(purchases.customers))
        return np.where(group >= 0, group, last)

    def score(self, purchases: Purchases) -> np.ndarray:
        """Return the scores of each one's group."""
        return self.scores[self.find_groups(purchases)]
