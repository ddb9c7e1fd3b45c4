"""Strata of baskets that are alike, and how often two sides of a rule meet within them.

Two goods go together in all baskets also where large baskets hold everything more often, or where
some customers like this and others that. Within baskets of one size, of one customer or of
customers of one taste, they do not.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.sparse import csc_array, csr_array
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

from python_ml.baskets.evaluation import hypergeometric_moments
from python_ml.baskets.preparation import SEPARATOR, encode_baskets
from python_ml.frames import check_columns, to_typed

STRATUM_TYPES = {
    "period": "str",
    "basket_number": "int64",
    "stratum": "int64",
    "source": "str",
}

MOMENTS = ("baskets", "mean", "variance", "third_moment")

CASES_AT_A_TIME = 2_000
"""Splits of itemsets whose strata are compared at a time."""

TASTE_AXES = 20
"""Directions in which the tastes of customers are told apart."""


def form_strata(
    baskets: pd.DataFrame,
    purchases: pd.DataFrame,
    *,
    is_order: bool,
    customers_per_taste: int,
    max_tastes: int,
    min_purchases: int,
    seed: int = 42,
) -> pd.DataFrame:
    """Strata of the baskets of one basis: alike in size and in who bought.

    An order of a customer is compared with the other orders of that customer that are about as
    large (of the same power of 2). An order without such, and all that a customer buys in a
    period, is compared with those of customers of the same taste. The taste is learned from what
    the customer bought in the **other** period: in the same period it would be made of the very
    purchases that are tested. Where nothing is known of the customers of most orders, these are
    compared by size alone; else they tell nothing and are left out, like customers whose taste is
    unknown.

    Parameters
    ----------
    baskets : one row per basket: `basket_number`, `period` (mined or confirmed), `customer_id`
        (missing where anonymous), `size` (products).
    purchases : one row per customer, period and product bought: `customer_id`, `period`,
        `item_number`.
    is_order : whether a basket is an order, else all that a customer buys in the period.
    customers_per_taste : customers for whom there is a group of taste.
    max_tastes : most groups.
    min_purchases : products bought in the other period that tell a taste.
    seed : of the groups of taste.

    Returns
    -------
    One row per basket that can tell something, ordered by its number: `period`, `basket_number`,
    `stratum` (a whole number; strata of different periods differ) and `source` (customer, taste or
    size). Baskets of a single product hold no pair and are left out.
    """
    check_columns(
        baskets, columns=["basket_number", "period", "customer_id", "size"], name="baskets"
    )
    baskets = baskets[baskets["size"] > 1].sort_values("basket_number", ignore_index=True)
    octave = np.floor(np.log2(baskets["size"])).astype("int64")
    half_octave = np.floor(2 * np.log2(baskets["size"]) + 1e-9).astype("int64")
    tastes = pd.Series(-1, index=baskets.index)
    others = {"mined": "confirmed", "confirmed": "mined"}
    for period, other in others.items():
        known = group_tastes(
            purchases[purchases["period"] == other],
            customers_per_taste=customers_per_taste,
            max_tastes=max_tastes,
            min_purchases=min_purchases,
            seed=seed,
        )
        is_own = baskets["period"] == period
        tastes[is_own] = baskets.loc[is_own, "customer_id"].map(known).fillna(-1).astype("int64")
    rows = baskets.assign(octave=octave, half_octave=half_octave, taste=tastes)
    own = rows.groupby(["period", "customer_id", "octave"])["basket_number"].transform("size")
    source = np.select(
        [is_order & (own > 1).to_numpy(), rows["taste"] >= 0, np.full(len(rows), is_order)],
        ["customer", "taste", "size"],
        "",
    )
    if np.isin(source, ["customer", "taste"]).sum() >= len(rows) / 2:
        source = np.where(source == "size", "", source)
    keys = rows.assign(
        source=source,
        customer_id=rows["customer_id"].where(source == "customer"),
        band=np.where(source == "customer", octave, half_octave),
        taste=rows["taste"].where(source == "taste", -1),
    )
    stratum = keys.groupby(
        ["period", "source", "customer_id", "band", "taste"], dropna=False
    ).ngroup()
    return to_typed(keys.assign(stratum=stratum)[source != ""], types=STRATUM_TYPES)


@threadpool_limits.wrap(limits=1)
def group_tastes(
    purchases: pd.DataFrame,
    *,
    customers_per_taste: int,
    max_tastes: int,
    min_purchases: int,
    seed: int = 42,
) -> pd.Series:
    """Group customers who bought alike: k-means on the main axes of what each bought.

    Parameters
    ----------
    purchases : one row per customer and product bought: `customer_id`, `item_number`.
    customers_per_taste, max_tastes, min_purchases, seed : as in `form_strata`.

    Returns
    -------
    A group's number for each customer with at least `min_purchases`, by `customer_id`; none where
    these are too few for two groups.
    """
    rows = purchases.drop_duplicates(["customer_id", "item_number"])
    rows = rows.sort_values(["customer_id", "item_number"], ignore_index=True)
    counts = rows.groupby("customer_id")["item_number"].transform("size")
    rows = rows[counts >= min_purchases]
    customer, customers = pd.factorize(rows["customer_id"])
    item, items = pd.factorize(rows["item_number"], sort=True)
    groups = min(max_tastes, len(customers) // customers_per_taste)
    if groups < 2 or len(items) < 3:
        return pd.Series(dtype="int64", index=pd.Index(customers[:0]))
    bought = csr_array((np.ones(len(rows)), (customer, item)), shape=(len(customers), len(items)))
    # Each customer counts alike, however much was bought.
    axes = TruncatedSVD(min(TASTE_AXES, len(items) - 1), random_state=seed)
    places = normalize(axes.fit_transform(normalize(bought)))
    found = KMeans(groups, n_init=4, random_state=seed).fit_predict(places)
    return pd.Series(found.astype(np.int64), index=pd.Index(customers))


def count_within_strata(
    basket_items: pd.DataFrame, *, strata: pd.DataFrame, splits: pd.DataFrame
) -> pd.DataFrame:
    """Baskets that hold both sides of each split, and the moments of what independence gives.

    Parameters
    ----------
    basket_items : as `find_frequent_itemsets` takes them; of baskets that `strata` lacks nothing
        is counted.
    strata : one row per basket that takes part, also if it holds none of the items:
        `basket_number` (the `basket_id` of `basket_items`), `stratum`.
    splits : one row per split of an itemset: `antecedent` and `consequent`, texts with SEPARATOR.

    Returns
    -------
    One row per split, in their order: `baskets` with both sides in strata where neither side is in
    all baskets or none, since only these tell anything, `mean`, `variance` and `third_moment` of
    their number if sides were independent in each stratum.
    """
    counts = np.zeros((len(MOMENTS), len(splits)))
    if splits.empty or strata.empty:
        return pd.DataFrame(dict(zip(MOMENTS, counts, strict=True)), index=splits.index)
    sides = pd.Index(pd.concat([splits["antecedent"], splits["consequent"]]).unique())
    stratum, found = pd.factorize(strata["stratum"])
    total = np.bincount(stratum, minlength=len(found)).astype(float)
    baskets_of = _hold_sides(
        basket_items, sides=sides, basket_ids=pd.Index(strata["basket_number"])
    )
    held = _count_by_stratum(baskets_of, stratum=stratum, n_strata=len(found))
    left = sides.get_indexer(splits["antecedent"])
    right = sides.get_indexer(splits["consequent"])
    for start in range(0, len(splits), CASES_AT_A_TIME):
        part = slice(start, start + CASES_AT_A_TIME)
        n_cases = len(left[part])
        together = _count_by_stratum(
            (
                np.intersect1d(baskets_of[one], baskets_of[other], assume_unique=True)
                for one, other in zip(left[part], right[part], strict=True)
            ),
            stratum=stratum,
            n_strata=len(found),
        )
        # Strata that hold both sides at least once; the others tell nothing.
        first, second = held[:, left[part]], held[:, right[part]]
        row, case = (first * second).tocoo().coords
        a, c = (_pick(one, row, case) for one in (first, second))
        both, n = _pick(together, row, case), total[row]
        is_open = (a < n) & (c < n)
        moments = hypergeometric_moments(a[is_open], c[is_open], n[is_open])
        for sums, values in zip(counts, (both[is_open], *moments), strict=True):
            sums[part] = np.bincount(case[is_open], weights=values, minlength=n_cases)
    return pd.DataFrame(dict(zip(MOMENTS, counts, strict=True)), index=splits.index)


def permute_within_strata(
    basket_items: pd.DataFrame, *, strata: pd.DataFrame, seed: int
) -> pd.DataFrame:
    """Give each item to other baskets of the same stratum, to as many as before.

    This is the world that the stratified test takes for its null hypothesis: an item is as
    frequent in each stratum as it was, and independent of every other.

    Parameters
    ----------
    basket_items, strata : as in `count_within_strata`.
    seed : of the permutation.
    """
    rng = np.random.default_rng(seed)
    baskets = strata["basket_number"].to_numpy()
    stratum, found = pd.factorize(strata["stratum"])
    one_hot, items = encode_baskets(basket_items, min_baskets=1, basket_ids=pd.Index(baskets))
    by_item = one_hot.tocsc()
    starts = np.concatenate([[0], np.cumsum(np.bincount(stratum, minlength=len(found)))])
    frames = []
    for column, item in enumerate(items):
        holding = by_item.indices[by_item.indptr[column] : by_item.indptr[column + 1]]
        wanted = np.bincount(stratum[holding], minlength=len(found))
        # In random order within each stratum, the first so many get it.
        order = np.lexsort((rng.random(len(baskets)), stratum))
        rank = np.arange(len(baskets)) - starts[stratum[order]]
        chosen = order[rank < wanted[stratum[order]]]
        frames.append(pd.DataFrame({"basket_id": baskets[chosen], "item": item}))
    return pd.concat(frames, ignore_index=True)


def _hold_sides(
    basket_items: pd.DataFrame, *, sides: pd.Index, basket_ids: pd.Index
) -> list[np.ndarray]:
    """Places of the baskets that hold all items of each side, rising."""
    parts = [side.split(SEPARATOR) for side in sides]
    rows = basket_items[basket_items["basket_id"].isin(basket_ids)]
    one_hot, items = encode_baskets(
        rows,
        min_baskets=1,
        wanted={item for names in parts for item in names},
        basket_ids=basket_ids,
    )
    by_item = one_hot.tocsc()
    by_item.sort_indices()
    column_of = {item: column for column, item in enumerate(items)}

    def find(item: str) -> np.ndarray:
        if item not in column_of:
            return np.empty(0, dtype=np.int64)
        column = column_of[item]
        return by_item.indices[by_item.indptr[column] : by_item.indptr[column + 1]]

    held = []
    for names in parts:
        baskets = find(names[0])
        for name in names[1:]:
            baskets = np.intersect1d(baskets, find(name), assume_unique=True)
        held.append(baskets)
    return held


def _count_by_stratum(
    baskets_of: list[np.ndarray] | Iterator[np.ndarray], *, stratum: np.ndarray, n_strata: int
) -> csc_array:
    """Strata x sides: baskets of each stratum that hold each side."""
    baskets_of = list(baskets_of)
    lengths = [len(baskets) for baskets in baskets_of]
    rows = stratum[np.concatenate(baskets_of).astype(np.int64)] if baskets_of else []
    columns = np.repeat(np.arange(len(baskets_of)), lengths)
    ones = np.ones(len(columns))
    return csr_array((ones, (rows, columns)), shape=(n_strata, len(baskets_of))).tocsc()


def _pick(table: csc_array, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Values of `table` at given places."""
    if not len(rows):
        return np.empty(0)
    return np.asarray(table[rows, columns]).reshape(-1)
