"""Frequent itemsets of baskets, and how many baskets contain given ones."""

from collections.abc import Mapping
from math import ceil, floor

import numpy as np
import pandas as pd

from python_ml.baskets.levels import Search, count_together, grow_by_mlxtend, grow_on_bit_sets
from python_ml.baskets.preparation import (
    SEPARATOR,
    TOLERANCE,
    encode_baskets,
    name_items,
    pack_items,
)
from python_ml.frames import check_columns, to_typed

MLXTEND, BIT_SETS = "mlxtend apriori", "apriori on bit sets"
"""Who counted: the library where its table is small, else the same levels on packed bits."""

MLXTEND_BYTES = 20_000_000
"""Largest table of baskets x candidate pairs, a byte a cell, that is left to mlxtend."""

ITEMSET_TYPES = {
    "itemset": "str",
    "length": "int64",
    "baskets": "int64",
    "support": "float64",
    "method": "str",
}

MINED_TYPES = {
    "itemset": "str",
    "length": "int64",
    "baskets": "int64",
    "validation_baskets": "int64",
    "support": "float64",
    "min_support": "float64",
    "method": "str",
    "note": "str",
}


class TooManyItemsetsError(ValueError):
    """A `min_support` so low that the itemsets would explode.

    Attributes
    ----------
    min_support : the least share at which no more itemsets than allowed are found; None where
        there is none.
    """

    def __init__(
        self, *, requested: float, found: int, length: int, most: int, enough: float
    ) -> None:
        self.min_support = enough if enough <= 1 else None
        remedy = f"use at least {enough:g}" if enough <= 1 else "shorten max_length"
        super().__init__(
            f"min_support {requested:.2g} gives at least {found} itemsets up to length {length}, "
            f"more than {most}: {remedy}"
        )


def mine_baskets(
    basket_items: pd.DataFrame, items: pd.DataFrame, *, requested: Mapping, max_itemsets: int
) -> pd.DataFrame:
    """Frequent itemsets of one period with their baskets in a later one, and a note.

    Parameters
    ----------
    basket_items : one row per basket and item: `basket_number`, `item_number` and `is_mined`,
        else the basket lies in the later period.
    items : one row per item that is frequent alone: `item_number`, `item` (text).
    requested : `baskets` (all of the mined period), `min_support` and `max_length` as in
        `find_frequent_itemsets`; and `is_support_set`: where there would be more than
        `max_itemsets`, a given support returns nothing and a sentence, while a chosen one rises
        to the lowest that leaves at most so many.

    Returns
    -------
    One row per frequent itemset: as `find_frequent_itemsets` gives them, with
    `validation_baskets`, the `min_support` that was used, and an empty `note`. Before them a row
    for the empty itemset, which every basket contains; its `note` says why there is nothing or
    less than requested, if so.
    """
    n_baskets, min_support = int(requested["baskets"]), float(requested["min_support"])
    limits = {
        "n_baskets": n_baskets,
        "max_length": int(requested["max_length"]),
        "max_itemsets": max_itemsets,
    }
    mined, later = (
        name_items(basket_items[basket_items["is_mined"] == is_mined], items=items)
        for is_mined in (True, False)
    )
    note = ""
    try:
        found = find_frequent_itemsets(mined, min_support=min_support, **limits)
    except TooManyItemsetsError as refusal:
        note = str(refusal)
        found = to_typed([], types=ITEMSET_TYPES)
        if refusal.min_support and not requested["is_support_set"]:
            min_support = refusal.min_support
            found = find_frequent_itemsets(mined, min_support=min_support, **limits)
            note = f"{note}, which was done"
    note = note or _describe_little(found, n_baskets=n_baskets, min_support=min_support)
    every_basket = {"itemset": "", "length": 0, "baskets": n_baskets, "support": 1.0, "note": note}
    rows = pd.concat(
        [
            pd.DataFrame([every_basket | {"validation_baskets": 0, "method": ""}]),
            found.assign(
                validation_baskets=count_itemsets(later, itemsets=found["itemset"]), note=""
            ),
        ]
    )
    return to_typed(rows.assign(min_support=min_support), types=MINED_TYPES)


def find_frequent_itemsets(
    basket_items: pd.DataFrame,
    *,
    n_baskets: int,
    min_support: float,
    max_length: int = 2,
    max_itemsets: int = 200_000,
    method: str | None = None,
) -> pd.DataFrame:
    """Itemsets that occur in at least the share `min_support` of all baskets.

    Small tables go through mlxtend's `apriori`. Where its table of baskets x candidate pairs would
    be larger than MLXTEND_BYTES, the same levels are counted without it: pairs as a product of
    sparse matrices, longer itemsets by joining those with a common prefix and counting the bits
    that their packed columns share.

    Parameters
    ----------
    basket_items : one row per basket and item: `basket_id` and `item` (text or categorical).
        Repeated rows count once. Items that do not meet `min_support` alone may have been left
        out already.
    n_baskets : all baskets, also those that `basket_items` no longer shows.
    min_support : share of `n_baskets` in (0, 1], inclusive.
    max_length : most items in an itemset.
    max_itemsets : the most itemsets allowed; more mean that `min_support` is too low.
    method : MLXTEND or BIT_SETS, where the choice is not to be made by size.

    Returns
    -------
    One row per frequent itemset: `itemset` (its items, sorted, joined by SEPARATOR), `length`,
    `baskets` (those that contain it), `support` (share of `n_baskets`) and `method`, ordered by
    length, falling baskets, itemset.

    Raises
    ------
    TooManyItemsetsError : there would be more than `max_itemsets`; with the count and the
        `min_support` to use, which ends within the limit.
    ValueError : a parameter is out of its range; an item contains SEPARATOR; or `n_baskets` is
        less than the baskets given.
    """
    check_columns(basket_items, columns=["basket_id", "item"], name="basket_items")
    if not 0 < min_support <= 1:
        raise ValueError(f"min_support must be in (0, 1], not {min_support}")
    if max_length < 1:
        raise ValueError(f"max_length must be at least 1, not {max_length}")
    min_baskets = max(1, ceil((min_support - TOLERANCE) * n_baskets))
    one_hot, items = encode_baskets(basket_items, min_baskets=min_baskets)
    if one_hot.shape[0] > n_baskets:
        raise ValueError(f"n_baskets is {n_baskets}, but {one_hot.shape[0]} baskets are given")
    if not items.size:
        return to_typed([], types=ITEMSET_TYPES)

    cells = one_hot.shape[0] * items.size * max(items.size - 1, 2) // 2
    method = method or (MLXTEND if cells <= MLXTEND_BYTES else BIT_SETS)
    grow = grow_by_mlxtend if method == MLXTEND else grow_on_bit_sets
    search = Search(min_baskets=min_baskets, max_itemsets=max_itemsets)
    grow(one_hot, search=search, max_length=max_length)
    if search.min_baskets > min_baskets:
        raise TooManyItemsetsError(
            requested=min_support,
            found=search.most_seen,
            length=search.length_seen,
            most=max_itemsets,
            enough=_shorten(search.min_baskets, n_baskets),
        )
    frames = [
        pd.DataFrame({"itemset": _to_texts(columns, items), "baskets": baskets, "length": length})
        for length, (columns, baskets) in enumerate(search.levels, start=1)
    ]
    itemsets = pd.concat(frames).sort_values(
        ["length", "baskets", "itemset"], ascending=[True, False, True], ignore_index=True
    )
    return to_typed(
        itemsets.assign(support=itemsets["baskets"] / n_baskets, method=method),
        types=ITEMSET_TYPES,
    )


def count_itemsets(basket_items: pd.DataFrame, *, itemsets: pd.Series) -> np.ndarray:
    """Baskets that contain each of the `itemsets`.

    Parameters
    ----------
    basket_items : as `find_frequent_itemsets` takes them.
    itemsets : texts as it gives them.

    Returns
    -------
    A whole number per itemset, in the order given; 0 where an item is not among the baskets.
    """
    check_columns(basket_items, columns=["basket_id", "item"], name="basket_items")
    parts = itemsets.str.split(SEPARATOR, regex=False)
    wanted = set(parts.explode().dropna())
    one_hot, items = encode_baskets(basket_items, min_baskets=1, wanted=wanted)
    column_of = {item: column for column, item in enumerate(items)}
    bits = pack_items(one_hot, columns=np.arange(items.size))
    baskets = np.zeros(len(itemsets), dtype=np.int64)
    is_known = parts.map(lambda names: all(name in column_of for name in names)).to_numpy(bool)
    lengths = parts.str.len().to_numpy()
    for length in np.unique(lengths[is_known]):
        places = np.flatnonzero(is_known & (lengths == length))
        columns = np.array(
            [sorted(column_of[name] for name in names) for names in parts.iloc[places]]
        )
        order = np.lexsort(columns.T[::-1])
        baskets[places[order]] = np.concatenate(
            [counts for _, counts in count_together(bits, columns[order])]
        )
    return baskets


def _shorten(min_baskets: int, n_baskets: int) -> float:
    """Return the shortest decimal that means exactly `min_baskets` of `n_baskets`."""
    exact = min_baskets / n_baskets
    for digits in range(1, 9):
        short = floor(exact * 10**digits) / 10**digits
        if short > (min_baskets - 1) / n_baskets + 2 * TOLERANCE:
            return short
    return exact


def _to_texts(columns: np.ndarray, items: np.ndarray) -> list[str]:
    return [SEPARATOR.join(names) for names in items[columns].tolist()]


def _describe_little(itemsets: pd.DataFrame, *, n_baskets: int, min_support: float) -> str:
    """Why no rule can follow from the `itemsets`; empty where one can."""
    if not n_baskets:
        return "no baskets"
    if itemsets.empty:
        return f"no item stands in {min_support:g} of the {n_baskets} baskets: lower min_support"
    if itemsets["length"].max() == 1:
        return f"no two items stand together in {min_support:g} of the {n_baskets} baskets"
    return ""
