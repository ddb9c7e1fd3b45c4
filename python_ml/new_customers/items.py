"""The item model: which categories are bought by who buys what is in a first basket.

EASE gives a weight of each product for each other product; summed over the products of a category
they are a weight of each product for each category, and a basket's score of a category is the sum
of the weights of what is in it.

References
----------
Steck (2019), Embarrassingly shallow autoencoders for sparse data, WWW.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from python_ml.new_customers.purchases import NewPurchases
from python_ml.recommendations.ease import solve_weights

REGULARISATION = 200.0
MAX_PRODUCTS = 1_000
"""The most bought so many teach; the work grows with their cube."""


@dataclass(frozen=True)
class Items:
    """A weight of each product for each category.

    Attributes
    ----------
    weights : (products, categories).
    """

    weights: np.ndarray

    def score(self, bought: sparse.csr_array) -> np.ndarray:
        """Return (customers, categories), the higher the better.

        The scores of a customer have mean 0 and spread 1, whatever the size of the basket; all are
        0 where nothing is known of what was bought.

        Parameters
        ----------
        bought : (customers, products), 1 where it was bought.
        """
        scores = np.asarray(bought @ self.weights)
        scores = scores - scores.mean(axis=1, keepdims=True) if scores.size else scores
        spread = scores.std(axis=1, keepdims=True) if scores.size else 1
        return scores / np.where(spread > 1e-12, spread, 1)


def fit_items(
    purchases: NewPurchases,
    *,
    before: pd.Timestamp | None = None,
    customers: np.ndarray | None = None,
) -> Items:
    """Fit the weights on what was bought before a moment.

    Parameters
    ----------
    before : what was bought then or later is not looked at; None looks at all.
    customers : (customers,), whether each teaches; None for all.

    Examples
    --------
    Who buys a pan buys toys, and who buys a rug buys lamps.

    >>> from python_ml.new_customers.purchases import read_new_purchases
    >>> frame = pd.DataFrame(
    ...     {
    ...         "customer_id": [f"c{number}" for number in range(40) for _ in range(2)],
    ...         "order_number": [1, 2] * 40,
    ...         "product_id": ["pan", "toy", "rug", "lamp"] * 20,
    ...         "category": ["Kitchen", "Toys", "Home", "Light"] * 20,
    ...         "revenue": 1.0,
    ...         "ordered_at": pd.Timestamp("2025-01-01"),
    ...     }
    ... )
    >>> purchases = read_new_purchases(frame)
    >>> keys = pd.Series(["c0", "c1"])
    >>> bought, _ = purchases.find_baskets(keys, pd.Series([1, 1]))
    >>> scores = fit_items(purchases).score(bought)
    >>> purchases.categories[scores.argmax(axis=1)].tolist()
    ['Toys', 'Light']
    """
    known = purchases.find_known(before)
    if customers is not None:
        known = known[customers]
    buyers = np.asarray(known.sum(axis=0)).reshape(-1)
    learned = np.argsort(-buyers, kind="stable")[:MAX_PRODUCTS]
    learned = np.sort(learned[buyers[learned] > 0])
    weights = np.zeros((len(purchases.products), len(purchases.categories)))
    of_product = purchases.category_of[learned]
    named = np.flatnonzero(of_product >= 0)
    members = sparse.csr_array(
        (np.ones(len(named)), (named, of_product[named])),
        shape=(len(learned), len(purchases.categories)),
    )
    solved = solve_weights(sparse.csr_array(known[:, learned]), REGULARISATION)
    weights[learned] = solved @ members.toarray()
    return Items(weights)


def cross_fit_items(
    purchases: NewPurchases,
    keys: pd.Series,
    bought: sparse.csr_array,
    *,
    before: pd.Timestamp | None,
) -> np.ndarray:
    """Score training customers by what others bought: each half by the model of the other half.

    What a customer bought later is in the purchases known before the cut, and would tell itself.

    Parameters
    ----------
    keys : (customers,). bought : (customers, products). before : as in `fit_items`.

    Returns
    -------
    (customers, categories), as `Items.score`.
    """
    half = np.arange(len(purchases.customers)) % 2
    own = half[np.maximum(purchases.customers.get_indexer(keys), 0)] if len(half) else half
    scores = np.zeros((len(keys), len(purchases.categories)))
    for one in (0, 1):
        rows = np.flatnonzero(own == one)
        if len(rows):
            items = fit_items(purchases, before=before, customers=np.flatnonzero(half != one))
            scores[rows] = items.score(bought[rows])
    return scores
