"""What customers bought, order by order, as codes of customers, products and categories."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from python_ml.frames import check_columns, to_floats

COLUMNS = ("customer_id", "order_number", "product_id", "category", "revenue", "ordered_at")


@dataclass(frozen=True)
class NewPurchases:
    """Products in the orders of customers.

    Attributes
    ----------
    customers : keys in order. products, categories : names in order.
    category_of : (products,), the code of each product's category, -1 where it has none.
    customer, product : (rows,), codes.
    order_number : (rows,), from 1 on. revenue : (rows,). ordered_at : (rows,), datetime64.
    """

    customers: pd.Index
    products: pd.Index
    categories: pd.Index
    category_of: np.ndarray
    customer: np.ndarray
    product: np.ndarray
    order_number: np.ndarray
    revenue: np.ndarray
    ordered_at: np.ndarray

    def find_baskets(
        self, keys: pd.Series, orders_used: pd.Series
    ) -> tuple[sparse.csr_array, np.ndarray]:
        """Find what each customer bought in the first so many orders.

        Parameters
        ----------
        keys, orders_used : (customers,), each customer once. One without purchases has none.

        Returns
        -------
        (customers, products), 1 where it was bought; and (customers, categories), the share of
        each category in the revenue, all 0 where no revenue is known.
        """
        place = np.full(len(self.customers), -1)
        codes = self.customers.get_indexer(keys)
        is_known = codes >= 0
        place[codes[is_known]] = np.flatnonzero(is_known)
        rows = place[self.customer]
        is_used = (rows >= 0) & (self.order_number <= orders_used.to_numpy()[rows])
        rows, products = rows[is_used], self.product[is_used]
        shape = (len(keys), len(self.products))
        bought = to_binary(rows, products, shape)
        spent = np.zeros((len(keys), len(self.categories)))
        of_product = self.category_of[products]
        has_category = of_product >= 0
        np.add.at(
            spent,
            (rows[has_category], of_product[has_category]),
            np.maximum(self.revenue[is_used][has_category], 0),
        )
        total = spent.sum(axis=1, keepdims=True)
        return bought, spent / np.where(total > 0, total, 1)

    def with_categories(self, names: Iterable[str]) -> "NewPurchases":
        """Return the same purchases with these categories too, though nobody bought of them."""
        categories = pd.Index(sorted({*self.categories, *names}), dtype=object)
        codes = np.append(categories.get_indexer(self.categories), -1)
        return replace(self, categories=categories, category_of=codes[self.category_of])

    def find_known(self, before: pd.Timestamp | None) -> sparse.csr_array:
        """Return (customers, products), 1 where it was bought before the moment, or ever."""
        is_known = np.ones(len(self.customer), dtype=bool)
        if before is not None:
            is_known = self.ordered_at < np.datetime64(before)
        shape = (len(self.customers), len(self.products))
        return to_binary(self.customer[is_known], self.product[is_known], shape)


def to_binary(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sparse.csr_array:
    """Return a matrix of this shape, 1 in these places, however often one is named."""
    matrix = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def read_new_purchases(
    frame: pd.DataFrame,
    *,
    key: str = "customer_id",
    products: pd.Index | None = None,
    categories: pd.Index | None = None,
    category_of: np.ndarray | None = None,
) -> NewPurchases:
    """Read purchases.

    Parameters
    ----------
    frame : one row per customer, order and product: `key`, `order_number` (the customer's orders
        counted from 1), `product_id`, `category` (may be missing), `revenue` and `ordered_at`.
        Rows without a key or a product are left out.
    products, categories, category_of : of purchases read before, whose codes are used; what is
        not among these products is left out. Else those of `frame`.

    Raises
    ------
    ValueError : a column is missing, or a number is not numeric.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {
    ...         "customer_id": ["a", "a", "b"],
    ...         "order_number": [1, 2, 1],
    ...         "product_id": ["pan", "toy", "toy"],
    ...         "category": ["Kitchen", "Toys", "Toys"],
    ...         "revenue": [30.0, 10.0, 10.0],
    ...         "ordered_at": pd.to_datetime(["2025-01-01", "2025-02-01", "2025-01-05"]),
    ...     }
    ... )
    >>> bought, shares = read_new_purchases(frame).find_baskets(
    ...     pd.Series(["b", "a"]), pd.Series([1, 2])
    ... )
    >>> bought.toarray().tolist(), shares.tolist()
    ([[0.0, 1.0], [1.0, 1.0]], [[0.0, 1.0], [0.75, 0.25]])
    """
    check_columns(frame, columns=[key, *COLUMNS[1:]], name="purchases")
    frame = frame.dropna(subset=[key, "product_id"])
    if products is None:
        products = pd.Index(frame["product_id"]).unique().sort_values()
        named = frame.dropna(subset=["category"]).drop_duplicates("product_id")
        categories = pd.Index(named["category"]).unique().sort_values()
        category_of = np.full(len(products), -1)
        category_of[products.get_indexer(named["product_id"])] = categories.get_indexer(
            named["category"]
        )
    product = products.get_indexer(frame["product_id"])
    frame, product = frame[product >= 0], product[product >= 0]
    numbers = to_floats(frame, columns=["order_number", "revenue"]).fillna(0)
    customers = pd.Index(frame[key]).unique().sort_values()
    return NewPurchases(
        customers=customers,
        products=products,
        categories=categories,
        category_of=category_of,
        customer=customers.get_indexer(frame[key]),
        product=product,
        order_number=numbers["order_number"].to_numpy(),
        revenue=numbers["revenue"].to_numpy(),
        ordered_at=frame["ordered_at"].to_numpy("datetime64[us]"),
    )
