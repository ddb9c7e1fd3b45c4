"""Baskets as a matrix of 0 and 1, and as packed bits."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

SEPARATOR = " + "
"""Stands between the items of an itemset written as text."""

TOLERANCE = 1e-9
"""A share this little under a threshold meets it: thresholds are inclusive, floats are not."""


def name_items(basket_items: pd.DataFrame, *, items: pd.DataFrame) -> pd.DataFrame:
    """Baskets as `find_frequent_itemsets` takes them; numbers stay numbers, with names on top."""
    codes = pd.Index(items["item_number"]).get_indexer(basket_items["item_number"])
    return pd.DataFrame(
        {
            "basket_id": basket_items["basket_number"].to_numpy(),
            "item": pd.Categorical.from_codes(codes, categories=items["item"].astype("str")),
        }
    )


def encode_baskets(
    basket_items: pd.DataFrame,
    *,
    min_baskets: int,
    wanted: set[str] | None = None,
    basket_ids: pd.Index | None = None,
) -> tuple[csr_array, np.ndarray]:
    """Baskets x items of 0 and 1, and the items, sorted: those in at least `min_baskets`.

    With `basket_ids` there is a row for each of them, in their order, whether it has items or
    not.
    """
    rows = basket_items[["basket_id", "item"]]
    if rows.isna().any(axis=None):
        rows = rows.dropna()
    column, items = pd.factorize(rows["item"])
    items = np.asarray(items, dtype=object).astype(str)
    if basket_ids is None:
        basket, basket_ids = pd.factorize(rows["basket_id"])
    else:
        basket = basket_ids.get_indexer(rows["basket_id"])
    ones = np.ones(len(rows), dtype=np.int32)
    one_hot = csr_array((ones, (basket, column)), shape=(len(basket_ids), len(items)))
    del rows, column, basket, ones
    # Repeated rows were summed.
    one_hot.data[:] = 1

    is_kept = np.bincount(one_hot.indices, minlength=len(items)) >= min_baskets
    if wanted is not None:
        is_kept &= np.isin(items, sorted(wanted))
    kept = np.flatnonzero(is_kept)
    kept = kept[np.argsort(items[kept], kind="stable")]
    joined = [item for item in items[kept] if SEPARATOR in item]
    if joined:
        raise ValueError(f"item '{min(joined)}' contains '{SEPARATOR}', which joins items")
    if not np.array_equal(kept, np.arange(len(items))):
        one_hot = one_hot[:, kept]
    return one_hot, items[kept]


def pack_items(one_hot: csr_array, *, columns: np.ndarray) -> dict[int, np.ndarray]:
    """Each of the `columns` as packed bits, a bit a basket, in words of 64."""
    n_baskets = one_hot.shape[0]
    by_item = one_hot.tocsc()
    flags = np.zeros(-(-n_baskets // 64) * 64, dtype=bool)
    bits = {}
    for column in columns.tolist():
        baskets = by_item.indices[by_item.indptr[column] : by_item.indptr[column + 1]]
        flags[baskets] = True
        bits[column] = np.packbits(flags).view(np.uint64)
        flags[baskets] = False
    return bits
