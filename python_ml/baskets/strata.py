"""Strata of baskets that are alike, and how often two sides of a rule meet within them.

Two products also go together over all baskets where large baskets contain everything more often,
or where customers differ in taste. Within baskets of one size, of one customer or of customers
of one taste, they do not.
"""

import numpy as np
import pandas as pd
from scipy.sparse import csc_array, csr_array
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

from python_ml.baskets.evaluation import moment_factors
from python_ml.baskets.itemsets import count_itemsets
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

    An order of a customer is compared with that customer's other orders of about the same size
    (the same power of 2). An order without such, and all that a customer buys in a period, is
    compared with those of customers with the same taste. The taste is learned from what the
    customer bought in the **other** period: in the same period it would be made of the very
    purchases that are tested. Where nothing is known of the customers of most orders, these are
    compared by size alone; else they are uninformative and are left out, like customers whose
    taste is unknown.

    Parameters
    ----------
    baskets : one row per basket: `basket_number` (a whole number), `period` (mining or
        validation), `customer_id` (missing where anonymous), `size` (products).
    purchases : one row per customer, period and product bought: `customer_id`, `period`,
        `item_number`.
    is_order : whether a basket is an order, else all that a customer buys in the period.
    customers_per_taste : customers per taste group.
    max_tastes : most groups.
    min_purchases : products bought in the other period that show a taste.
    seed : of the groups of taste.

    Returns
    -------
    One row per informative basket, ordered by its number: `period`, `basket_number`, `stratum`
    (a whole number; strata of different periods differ) and `source` (customer, taste or size).
    Baskets with a single product have no pair and are left out.
    """
    check_columns(
        baskets, columns=["basket_number", "period", "customer_id", "size"], name="baskets"
    )
    baskets = baskets[baskets["size"] > 1].sort_values("basket_number", ignore_index=True)
    octave = np.floor(np.log2(baskets["size"])).astype("int64")
    half_octave = np.floor(2 * np.log2(baskets["size"]) + 1e-9).astype("int64")
    tastes = pd.Series(-1, index=baskets.index)
    others = {"mining": "validation", "validation": "mining"}
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
    """Baskets that contain both sides of each split, and the moments under independence.

    Parameters
    ----------
    basket_items : as `find_frequent_itemsets` takes them; of baskets that `strata` lacks nothing
        is counted.
    strata : one row per basket that takes part, even if it contains none of the items:
        `basket_number` (the `basket_id` of `basket_items`), `stratum`.
    splits : one row per split of an itemset: `itemset`, `antecedent` and `consequent`, texts with
        SEPARATOR.

    Returns
    -------
    One row per split, in their order: `baskets` with both sides in strata where neither side is in
    all baskets or none, since only these are informative, `mean`, `variance` and `third_moment`
    of their number if sides were independent in each stratum.
    """
    counts = np.zeros((len(MOMENTS), len(splits)))
    if len(splits) and len(strata):
        basket_ids = pd.Index(strata["basket_number"])
        rows = basket_items[basket_items["basket_id"].isin(basket_ids)]
        sides = pd.Index(pd.concat([splits["antecedent"], splits["consequent"]]).unique())
        stratum, found = pd.factorize(strata["stratum"])
        total = np.bincount(stratum, minlength=len(found)).astype(float)
        held = _hold_sides(rows, sides=sides, basket_ids=basket_ids, stratum=stratum)
        of_row = total[held.indices]
        is_closed = held.data >= of_row
        open_tables = [
            _replace(held, np.where(is_closed, 0.0, factor))
            for factor in moment_factors(held.data, of_row)
        ]
        closed, any_baskets = _replace(held, is_closed * 1.0), held
        closed_of_all = _replace(held, is_closed * of_row)
        itemsets = splits["itemset"].drop_duplicates()
        together = pd.Series(count_itemsets(rows, itemsets=itemsets), index=itemsets)
        left, right = (sides.get_indexer(splits[side]) for side in ("antecedent", "consequent"))
        counts[0] = splits["itemset"].map(together).to_numpy(float)
        for start in range(0, len(splits), CASES_AT_A_TIME):
            part = slice(start, start + CASES_AT_A_TIME)
            one, other = left[part], right[part]
            for sums, table in zip(counts[1:], open_tables, strict=True):
                sums[part] = _multiply(table, table, one, other)
            # Where one side is in all baskets of a stratum, both are where the other is.
            counts[0, part] -= _multiply(closed, any_baskets, one, other)
            counts[0, part] -= _multiply(any_baskets, closed, one, other)
            counts[0, part] += _multiply(closed, closed_of_all, one, other)
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
    basket_items: pd.DataFrame, *, sides: pd.Index, basket_ids: pd.Index, stratum: np.ndarray
) -> csc_array:
    """Strata x sides: baskets of each stratum that contain all items of each side."""
    parts = [side.split(SEPARATOR) for side in sides]
    wanted = {item for names in parts for item in names}
    one_hot, items = encode_baskets(
        basket_items, min_baskets=1, wanted=wanted, basket_ids=basket_ids
    )
    by_item = one_hot.tocsc()
    by_item.sort_indices()
    baskets_of = {
        item: by_item.indices[by_item.indptr[column] : by_item.indptr[column + 1]]
        for column, item in enumerate(items)
    }
    nowhere = np.empty(0, dtype=by_item.indices.dtype)
    rows, lengths = [], []
    for first, *others in parts:
        baskets = baskets_of.get(first, nowhere)
        for item in others:
            other = baskets_of.get(item, nowhere)
            baskets = np.intersect1d(baskets, other, assume_unique=True)
        rows.append(stratum[baskets])
        lengths.append(len(baskets))
    rows = np.concatenate(rows)
    columns = np.repeat(np.arange(len(sides)), lengths)
    shape = (stratum.max() + 1, len(sides))
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=shape).tocsc()


def _replace(table: csc_array, values: np.ndarray) -> csc_array:
    """Build a table of other `values` at the places of `table`; zeros need no place."""
    replaced = csc_array((values, table.indices, table.indptr), shape=table.shape, copy=True)
    replaced.eliminate_zeros()
    return replaced


def _multiply(
    first: csc_array, second: csc_array, columns: np.ndarray, others: np.ndarray
) -> np.ndarray:
    """Sum over strata of the product of a column of `first` and one of `second`, for each pair."""
    return np.asarray((first[:, columns] * second[:, others]).sum(axis=0)).reshape(-1)
