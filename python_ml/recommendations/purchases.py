"""Who bought what, and how long ago, as matrices of customers and products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from python_ml.frames import check_columns, to_floats

DAY_BITS = 16
"""Days ago that are whole are below 65,536."""


@dataclass(frozen=True)
class Purchases:
    """What was bought up to a day.

    Attributes
    ----------
    customers, products : keys, whose order the matrices follow; of products that are equally good
        the first is offered.
    starts : (pairs + 1,), where the purchases of each pair of customer and product begin.
    customer, product : (pairs,), codes, in the order of the customer and then of the product.
    days_ago : (purchases,), days since each, those of one pair together.
    """

    customers: np.ndarray
    products: np.ndarray
    starts: np.ndarray
    customer: np.ndarray
    product: np.ndarray
    days_ago: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """How many customers and products there are."""
        return len(self.customers), len(self.products)

    def take(self, rows: np.ndarray) -> Purchases:
        """Return the purchases of some customers, by their row numbers, in order."""
        first, end = (
            np.searchsorted(self.customer, rows, side=side) for side in ("left", "right")
        )
        pairs = _join_ranges(first, end - first)
        lengths = np.diff(self.starts)[pairs]
        return Purchases(
            customers=self.customers[rows],
            products=self.products,
            starts=np.r_[0, np.cumsum(lengths)],
            customer=np.repeat(np.arange(len(rows), dtype=np.int32), end - first),
            product=self.product[pairs],
            days_ago=self.days_ago[_join_ranges(self.starts[:-1][pairs], lengths)],
        )

    def last(self) -> np.ndarray:
        """Return (pairs,), days since the last purchase of each pair."""
        if not len(self.customer):
            return np.zeros(0)
        return np.minimum.reduceat(self.days_ago, self.starts[:-1])

    def withheld(self, usual_days: np.ndarray) -> sparse.csr_array:
        """Return (customers, products), 1 where it was bought within its usual interval.

        Parameters
        ----------
        usual_days : (products,), missing where it is unknown: then it is withheld from whoever
            bought it.
        """
        usual = usual_days[self.product]
        is_held = np.isnan(usual) | (self.last() < usual)
        starts = np.r_[0, np.cumsum(is_held)][self._find_rows()]
        return sparse.csr_array(
            (np.ones(is_held.sum()), self.product[is_held], starts), shape=self.shape
        )

    def bought(self) -> sparse.csr_array:
        """Return (customers, products), 1 where it was bought."""
        return self._to_matrix(np.ones(len(self.customer)))

    def latest(self, *, half_life_days: float | None = None) -> sparse.csr_array:
        """Return (customers, products), what the last purchase weighs: half after the half-life.

        Without a half-life it weighs 1.
        """
        if half_life_days is None or not len(self.customer):
            return self.bought()
        return self._to_matrix(0.5 ** (self.last() / half_life_days))

    def summed(self, *, half_life_days: float | None = None) -> sparse.csr_array:
        """Return (customers, products), what all purchases weigh together."""
        if not len(self.customer):
            return self.bought()
        decay = 0.0 if half_life_days is None else 1 / half_life_days
        return self._to_matrix(np.add.reduceat(0.5 ** (self.days_ago * decay), self.starts[:-1]))

    def _to_matrix(self, values: np.ndarray) -> sparse.csr_array:
        return sparse.csr_array((values, self.product, self._find_rows()), shape=self.shape)

    def _find_rows(self) -> np.ndarray:
        """Return (customers + 1,), where the pairs of each customer begin."""
        return np.searchsorted(self.customer, np.arange(len(self.customers) + 1))


def read_purchases(
    frame: pd.DataFrame, *, customers: pd.Index | None = None, products: pd.Index | None = None
) -> Purchases:
    """Read purchases.

    Parameters
    ----------
    frame : one row per purchase, with `customer_id`, `product_id` and `days_ago`, from 0 on. Rows
        without a key are left out.
    customers, products : keys that have a row or column, each once and in this order, also where
        they bought or sold nothing; rows of others are left out. Else those of `frame`, sorted.

    Raises
    ------
    ValueError : a column is missing, or `days_ago` is missing or below 0 somewhere.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {"customer_id": ["b", "a", "b"], "product_id": ["x", "y", "x"], "days_ago": [30, 0, 0]}
    ... )
    >>> read_purchases(frame).summed(half_life_days=30).toarray()
    array([[0. , 1. ],
           [1.5, 0. ]])
    """
    check_columns(frame, columns=["customer_id", "product_id", "days_ago"], name="purchases")
    frame = frame.dropna(subset=["customer_id", "product_id"])
    days = to_floats(frame, columns=["days_ago"])["days_ago"].to_numpy()
    if np.isnan(days).any() or (days < 0).any():
        raise ValueError("purchases has rows whose days_ago is missing or below 0")
    customers = _order(frame["customer_id"]) if customers is None else pd.Index(customers)
    products = _order(frame["product_id"]) if products is None else pd.Index(products)
    customer = customers.get_indexer(frame["customer_id"])
    product = products.get_indexer(frame["product_id"])
    is_known = (customer >= 0) & (product >= 0)
    return read_codes(
        customer[is_known],
        product[is_known],
        days[is_known],
        customers=customers.to_numpy(),
        products=products.to_numpy(),
    )


def read_codes(
    customer: np.ndarray,
    product: np.ndarray,
    days_ago: np.ndarray,
    *,
    customers: np.ndarray,
    products: np.ndarray,
) -> Purchases:
    """Read purchases whose customers and products are numbers: places in the two keys.

    Parameters
    ----------
    customer, product, days_ago : (purchases,), in any order.
    customers, products : keys.
    """
    order = np.lexsort([days_ago, product, customer])
    return _collect(customer[order], product[order], days_ago[order], customers, products)


def read_days(
    customer: np.ndarray,
    product: np.ndarray,
    days_ago: np.ndarray,
    *,
    customers: np.ndarray,
    products: np.ndarray,
) -> Purchases:
    """Do the same for whole days, of which each counts once for a customer and product.

    Parameters
    ----------
    days_ago : (purchases,), whole numbers from 0 to below 65,536. The others as of `read_codes`.
    """
    pair = customer.astype(np.int64) * max(len(products), 1) + product
    # Sorted here: np.unique looks numbers up in a table, which takes ten times as long.
    days = np.sort(pair << DAY_BITS | days_ago.astype(np.int64))
    days = days[np.diff(days, prepend=-1) != 0]
    pair, days_ago = days >> DAY_BITS, days & (1 << DAY_BITS) - 1
    customer, product = np.divmod(pair, max(len(products), 1))
    return _collect(customer, product, days_ago.astype(float), customers, products)


def _collect(
    customer: np.ndarray,
    product: np.ndarray,
    days_ago: np.ndarray,
    customers: np.ndarray,
    products: np.ndarray,
) -> Purchases:
    """Put purchases together that are in order."""
    is_first = np.r_[True, (np.diff(customer) != 0) | (np.diff(product) != 0)][: len(customer)]
    return Purchases(
        customers=customers,
        products=products,
        starts=np.r_[np.flatnonzero(is_first), len(customer)],
        customer=customer[is_first].astype(np.int32),
        product=product[is_first].astype(np.int32),
        days_ago=days_ago,
    )


def _order(keys: pd.Series) -> pd.Index:
    return pd.Index(keys).unique().sort_values()


def _join_ranges(first: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the numbers of ranges, one after the other."""
    starts = np.cumsum(lengths) - lengths
    return np.repeat(first - starts, lengths) + np.arange(lengths.sum())
