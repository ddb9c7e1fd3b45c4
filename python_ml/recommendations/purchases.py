"""Who bought what, and how long ago, as matrices of customers and products."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from python_ml.frames import check_columns, to_floats


@dataclass(frozen=True)
class Purchases:
    """What was bought up to a day.

    Attributes
    ----------
    customers, products : keys in order, which the matrices follow.
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

    def bought(self) -> sparse.csr_array:
        """Return (customers, products), 1 where it was bought."""
        return self._to_matrix(np.ones(len(self.customer)))

    def latest(self, *, half_life_days: float | None = None) -> sparse.csr_array:
        """Return (customers, products), what the last purchase weighs: half after the half-life.

        Without a half-life it weighs 1.
        """
        if half_life_days is None or not len(self.customer):
            return self.bought()
        last = np.minimum.reduceat(self.days_ago, self.starts[:-1])
        return self._to_matrix(0.5 ** (last / half_life_days))

    def summed(self, *, half_life_days: float | None = None) -> sparse.csr_array:
        """Return (customers, products), what all purchases weigh together."""
        if not len(self.customer):
            return self.bought()
        decay = 0.0 if half_life_days is None else 1 / half_life_days
        return self._to_matrix(np.add.reduceat(0.5 ** (self.days_ago * decay), self.starts[:-1]))

    def _to_matrix(self, values: np.ndarray) -> sparse.csr_array:
        return sparse.csr_array((values, (self.customer, self.product)), shape=self.shape)


def read_purchases(
    frame: pd.DataFrame, *, customers: pd.Index | None = None, products: pd.Index | None = None
) -> Purchases:
    """Read purchases.

    Parameters
    ----------
    frame : one row per purchase, with `customer_id`, `product_id` and `days_ago`, from 0 on. Rows
        without a key are left out.
    customers, products : keys that have a row or column, also where they bought or sold nothing;
        rows of others are left out. Else those of `frame`.

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
    customers = _order(frame["customer_id"] if customers is None else customers)
    products = _order(frame["product_id"] if products is None else products)
    customer = customers.get_indexer(frame["customer_id"])
    product = products.get_indexer(frame["product_id"])
    is_known = (customer >= 0) & (product >= 0)
    customer, product, days = customer[is_known], product[is_known], days[is_known]
    order = np.lexsort([days, product, customer])
    customer, product, days = customer[order], product[order], days[order]
    is_first = np.r_[True, (np.diff(customer) != 0) | (np.diff(product) != 0)][: len(order)]
    starts = np.r_[np.flatnonzero(is_first), len(order)]
    return Purchases(
        customers=customers.to_numpy(),
        products=products.to_numpy(),
        starts=starts,
        customer=customer[is_first].astype(np.int32),
        product=product[is_first].astype(np.int32),
        days_ago=days,
    )


def _order(keys: pd.Series | pd.Index) -> pd.Index:
    return pd.Index(keys).unique().sort_values()
