"""Products that the same customers buy: item-to-item collaborative filtering.

References
----------
Sarwar et al. (2001), Item-based collaborative filtering recommendation algorithms, WWW.
Linden, Smith, York (2003), Amazon.com recommendations, IEEE Internet Computing 7.
"""

from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from python_ml.frames import check_columns, to_typed

NEIGHBOUR_TYPES = {"product_id": "str", "neighbour_id": "str", "similarity": "float64"}

ITEMS_AT_A_TIME = 500
"""Products compared with all others at a time: no square of all products is ever held."""


def draw_customers(
    customers: pd.Series, *, max_customers: int = 50_000, seed: int = 42
) -> pd.Series:
    """All customers, or a sample of this many, drawn without replacement.

    The products of every customer are compared with one another, so the work grows with the
    customers; beyond this number the similarities hardly change.

    Parameters
    ----------
    customers : keys, each once; their order does not change the sample.
    max_customers : so many are drawn at most.
    seed : of the draw.
    """
    customers = customers.sort_values(ignore_index=True)
    if len(customers) <= max_customers:
        return customers
    places = np.random.default_rng(seed).choice(len(customers), max_customers, replace=False)
    return customers.iloc[np.sort(places)].reset_index(drop=True)


def find_similar_items(
    purchases: pd.DataFrame, *, max_neighbours: int = 50, min_customers: int = 2
) -> pd.DataFrame:
    """Each product's most similar others, by the cosine of who bought them.

    Parameters
    ----------
    purchases : one row per customer and product bought: `customer_id`, `product_id`; repeated rows
        count once.
    max_neighbours : most similar products kept of each; ties are broken by key.
    min_customers : customers that must have bought both, since one is a coincidence.

    Returns
    -------
    One row per product and neighbour, by product and falling similarity: `similarity` in (0, 1],
    customers of both over the root of the product of the customers of either.

    Raises
    ------
    ValueError : a column is missing.
    """
    check_columns(purchases, columns=["customer_id", "product_id"], name="purchases")
    purchases = purchases.dropna(subset=["customer_id", "product_id"])
    if purchases.empty:
        return to_typed([], types=NEIGHBOUR_TYPES)
    customer, customers = pd.factorize(purchases["customer_id"], sort=True)
    product, products = pd.factorize(purchases["product_id"], sort=True)
    ones = np.ones(len(purchases), dtype=np.int32)
    bought = csr_array((ones, (product, customer)), shape=(len(products), len(customers)))
    bought.data[:] = 1
    names = np.asarray(products, dtype=object)
    buyers = np.asarray(bought.sum(axis=1), dtype=np.float64).reshape(-1)
    frames = []
    customers_of = bought.T.tocsr()
    for start in range(0, len(products), ITEMS_AT_A_TIME):
        common = bought[start : start + ITEMS_AT_A_TIME] @ customers_of
        own = np.repeat(np.arange(start, start + common.shape[0]), np.diff(common.indptr))
        is_kept = (common.data >= min_customers) & (common.indices != own)
        own, other, both = own[is_kept], common.indices[is_kept], common.data[is_kept]
        # Equal counts are equal similarities, also where the roots differ in their last digit.
        similarity = (both / np.sqrt(buyers[own] * buyers[other])).round(12)
        is_kept = similarity >= _find_least(similarity, own, largest=max_neighbours)
        frames.append(
            pd.DataFrame(
                {
                    "own": own[is_kept],
                    "other": other[is_kept],
                    "similarity": similarity[is_kept],
                }
            )
        )
    pairs = pd.concat(frames).sort_values(
        ["own", "similarity", "other"], ascending=[True, False, True], ignore_index=True
    )
    pairs = pairs.groupby("own").head(max_neighbours)
    return to_typed(
        pairs.assign(product_id=names[pairs["own"]], neighbour_id=names[pairs["other"]]),
        types=NEIGHBOUR_TYPES,
    ).reset_index(drop=True)


def _find_least(values: np.ndarray, groups: np.ndarray, *, largest: int) -> np.ndarray:
    """Give each value the least of the `largest` of its group; groups stand together."""
    least = np.full(len(values), -np.inf)
    edges = np.flatnonzero(np.diff(groups, prepend=-1, append=-1))
    for start, end in pairwise(edges):
        if end - start > largest:
            least[start:end] = np.partition(values[start:end], -largest)[-largest]
    return least
