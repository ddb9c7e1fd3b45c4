"""Frequent itemsets by Apriori, and the association rules that follow from them.

References
----------
Agrawal, Srikant (1994), Fast algorithms for mining association rules, VLDB.
Raschka (2018), MLxtend, J. Open Source Software 3(24): `apriori`, `association_rules`.
Webb (2007), Discovering significant patterns, Mach. Learn. 68: productive rules.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import ceil, floor

import numpy as np
import pandas as pd
from mlxtend.frequent_patterns import apriori
from scipy.sparse import csr_array, triu
from scipy.special import gammainc, gammaln
from scipy.stats import false_discovery_control

from python_ml.frames import check_columns, to_typed

SEPARATOR = " + "
"""Stands between the items of an itemset written as text."""

TOLERANCE = 1e-9
"""A share this little under a threshold meets it: thresholds are inclusive, floats are not."""

MLXTEND, BIT_SETS = "mlxtend apriori", "apriori on bit sets"
"""Who counted: the library where its table is small, else the same levels on packed bits."""

MLXTEND_BYTES = 20_000_000
"""Largest table of baskets x candidate pairs, a byte a cell, that is left to mlxtend."""

TALLIED_ITEMS, TALLIED_SIZE, TALLIED_LINES = 4_000, 100, 2_000_000
"""Most items of which all pairs are tallied in a square, largest basket, lines at a time."""

RATES = 4_000
"""Steps of the rates among which an itemset's is interpolated; cases worked out at a time."""

NEGLIGIBLE = 1e-17
"""A further term of a tail so small against its sum changes nothing."""

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
    "later_baskets": "int64",
    "support": "float64",
    "min_support": "float64",
    "method": "str",
    "note": "str",
}

COUNT_TYPES = {
    "antecedent_size": "int64",
    "consequent_size": "int64",
    "baskets": "int64",
    "antecedent_baskets": "int64",
    "consequent_baskets": "int64",
}
LATER_TYPES = {
    "later_baskets": "int64",
    "later_antecedent_baskets": "int64",
    "later_consequent_baskets": "int64",
}
MEASURE_TYPES = dict.fromkeys(
    ["support", "confidence", "lift", "leverage", "conviction", "zhang", "p_value", "q_value"],
    "float64",
)
SIZE_TYPES = dict.fromkeys(["expected_baskets", "size_lift", "size_q_value"], "float64")
RULE_TYPES = (
    {"itemset": "str", "antecedent": "str", "consequent": "str"}
    | COUNT_TYPES
    | MEASURE_TYPES
    | SIZE_TYPES
    | {"improvement": "float64", "improvement_p_value": "float64", "is_redundant": "bool"}
)
CONFIRMED_TYPES = (
    RULE_TYPES
    | LATER_TYPES
    | dict.fromkeys(["later_lift", "later_size_lift", "later_p_value"], "float64")
)

# The itemsets of one length (items as rising column numbers, in lexical order) and their baskets.
Level = tuple[np.ndarray, np.ndarray]


class TooManyItemsetsError(ValueError):
    """A `min_support` so low that the itemsets would explode.

    Attributes
    ----------
    min_support : the least share at which no more itemsets than allowed are found; None where
        there is none.
    """

    def __init__(self, *, asked: float, found: int, length: int, most: int, enough: float) -> None:
        self.min_support = enough if enough <= 1 else None
        remedy = f"use at least {enough:g}" if enough <= 1 else "shorten max_length"
        super().__init__(
            f"min_support {asked:.3g} gives at least {found} itemsets up to length {length}, "
            f"more than {most}: {remedy}"
        )


def mine_baskets(
    basket_items: pd.DataFrame, items: pd.DataFrame, *, asked: Mapping, max_itemsets: int
) -> pd.DataFrame:
    """Frequent itemsets of one period with their baskets in a later one, and what there is to say.

    Parameters
    ----------
    basket_items : one row per basket and item: `basket_number`, `item_number` and `is_mined`,
        else the basket lies in the later period.
    items : one row per item that is frequent alone: `item_number`, `item` (text).
    asked : `baskets` (all of the mined period), `min_support` and `max_length` as in
        `find_frequent_itemsets`; and `is_support_set`: where there would be more than
        `max_itemsets`, a set support stops with nothing and a sentence, while one that was chosen
        rises to the least that leaves so many.

    Returns
    -------
    One row per frequent itemset: as `find_frequent_itemsets` gives them, with `later_baskets`,
    the `min_support` that was used, and an empty `note`. Before them a row for the empty itemset,
    which every basket holds; its `note` says why there is nothing or less than asked, if so.
    """
    n_baskets, min_support = int(asked["baskets"]), float(asked["min_support"])
    limits = {
        "n_baskets": n_baskets,
        "max_length": int(asked["max_length"]),
        "max_itemsets": max_itemsets,
    }
    mined, later = (
        _name_items(basket_items[basket_items["is_mined"] == is_mined], items=items)
        for is_mined in (True, False)
    )
    note = ""
    try:
        found = find_frequent_itemsets(mined, min_support=min_support, **limits)
    except TooManyItemsetsError as refusal:
        note = str(refusal)
        found = to_typed([], types=ITEMSET_TYPES)
        if refusal.min_support and not asked["is_support_set"]:
            min_support = refusal.min_support
            found = find_frequent_itemsets(mined, min_support=min_support, **limits)
            note = f"{note}, which was done"
    note = note or _describe_little(found, n_baskets=n_baskets, min_support=min_support)
    every_basket = {"itemset": "", "length": 0, "baskets": n_baskets, "support": 1.0, "note": note}
    rows = pd.concat(
        [
            pd.DataFrame([every_basket | {"later_baskets": 0, "method": ""}]),
            found.assign(later_baskets=count_itemsets(later, itemsets=found["itemset"]), note=""),
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
    """Itemsets that stand in at least the share `min_support` of all baskets.

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
    max_itemsets : the most itemsets worth having; more mean that `min_support` is too low.
    method : MLXTEND or BIT_SETS, where the choice is not to be made by size.

    Returns
    -------
    One row per frequent itemset: `itemset` (its items, sorted, joined by SEPARATOR), `length`,
    `baskets` (those that hold it), `support` (share of `n_baskets`) and `method`, ordered by
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
    one_hot, items = _encode(basket_items, min_baskets=min_baskets)
    if one_hot.shape[0] > n_baskets:
        raise ValueError(f"n_baskets is {n_baskets}, but {one_hot.shape[0]} baskets are given")
    if not items.size:
        return to_typed([], types=ITEMSET_TYPES)

    cells = one_hot.shape[0] * items.size * max(items.size - 1, 2) // 2
    method = method or (MLXTEND if cells <= MLXTEND_BYTES else BIT_SETS)
    grow = _grow_by_mlxtend if method == MLXTEND else _grow_on_bit_sets
    search = _Search(min_baskets=min_baskets, max_itemsets=max_itemsets)
    grow(one_hot, search=search, max_length=max_length)
    if search.min_baskets > min_baskets:
        raise TooManyItemsetsError(
            asked=min_support,
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
    """Baskets that hold each of the `itemsets`.

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
    one_hot, items = _encode(basket_items, min_baskets=1, wanted=wanted)
    column_of = {item: column for column, item in enumerate(items)}
    bits = _pack(one_hot, columns=np.arange(items.size))
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
            [counts for _, counts in _count_together(bits, columns[order])]
        )
    return baskets


def derive_rules(
    itemsets: pd.DataFrame,
    *,
    n_baskets: int,
    min_confidence: float,
    basket_sizes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Association rules antecedent => consequent: every split of every frequent itemset.

    Parameters
    ----------
    itemsets : as `find_frequent_itemsets` returns them: `itemset` and `baskets`; with an itemset
        all its parts. With `later_baskets`, rules have the counts of the later period as well.
    n_baskets : all baskets.
    min_confidence : inclusive.
    basket_sizes : one row per size of a basket: `size`, its items, or the products that were drawn
        where items are their categories, and `baskets` of that size; without it baskets count as
        alike.

    Returns
    -------
    One row per rule: its `itemset`, `antecedent` and `consequent` (texts alike) with their sizes,
    `baskets` (those that hold both), `antecedent_baskets`, `consequent_baskets`; support,
    confidence, lift, leverage, `conviction` (infinite where confidence is 1) and `zhang` (0 where
    its denominator is 0), as in mlxtend's `association_rules`; `p_value`, one-sided Fisher: the
    chance of as many common baskets or more if antecedent and consequent were independent; and
    `q_value` by Benjamini and Hochberg over all rules, those under `min_confidence` included, so
    that the threshold does not flatter what it lets through. Large baskets hold everything more
    often, so unrelated items lift each other where baskets differ in size; `expected_baskets` are
    those that would hold both sides if only the size of a basket and the frequency of the sides
    mattered, `size_lift` is `baskets` over them, and `size_q_value` the chance of so many or more
    (Poisson's upper tail, corrected like `q_value`). Of the rules with the same
    consequent and an item less in the antecedent, `improvement` is the confidence gained over the
    best and `improvement_p_value` the largest chance of such a gain, by Fisher's test within the
    baskets of the shorter antecedent (both missing where the antecedent is a single item);
    `is_redundant` where it is over 0.05: the longer antecedent adds nothing (Webb 2007). With
    `later_baskets` also the three later counts. Ordered by falling lift, antecedent, consequent.

    Raises
    ------
    ValueError : a part of an itemset is not itself among the itemsets.
    """
    check_columns(itemsets, columns=["itemset", "baskets"], name="itemsets")
    counted = ["baskets", *(["later_baskets"] if "later_baskets" in itemsets else [])]
    types = RULE_TYPES | (LATER_TYPES if len(counted) > 1 else {})
    rules = _split_itemsets(itemsets, counted=counted)
    if rules.empty:
        return to_typed([], types=types)
    counts = rules[list(COUNT_TYPES)[2:]].to_numpy(float).T
    rules = rules.assign(**_measure_rules(*counts, n_baskets=float(n_baskets)))
    if basket_sizes is None:
        basket_sizes = pd.DataFrame({"size": [1], "baskets": [n_baskets]})
    expected = _expect_by_size(rules, basket_sizes=basket_sizes)
    rules = rules.assign(
        expected_baskets=expected,
        size_lift=rules["baskets"] / expected,
        size_q_value=false_discovery_control(gammainc(rules["baskets"], expected), method="bh"),
    )
    rules = _compare_with_shorter(rules)
    rules = rules[rules["confidence"] >= min_confidence - TOLERANCE]
    rules = rules.sort_values(
        ["lift", "antecedent", "consequent"], ascending=[False, True, True], ignore_index=True
    )
    return to_typed(rules, types=types)


def confirm_rules(
    rules: pd.DataFrame, *, n_later_baskets: int, basket_sizes: pd.DataFrame
) -> pd.DataFrame:
    """Add how rules fare in later baskets, which had no part in finding them.

    Parameters
    ----------
    rules : as `derive_rules` gives them for itemsets with `later_baskets`.
    n_later_baskets : all baskets of the later period.
    basket_sizes : as there, of the later period.

    Returns
    -------
    The rules with `later_lift` (missing where one side does not occur later), `later_size_lift`
    (likewise, over what the sizes of the later baskets give) and `later_p_value`, the chance of so
    many later baskets or more, given their sizes (1 where there are none).
    """
    check_columns(rules, columns=LATER_TYPES, name="rules")
    both, antecedent, consequent = rules[list(LATER_TYPES)].to_numpy(float).T
    product = antecedent * consequent
    is_seen = product > 0
    missing = np.full_like(both, np.nan)
    expected = np.zeros_like(both)
    if is_seen.any():
        expected[is_seen] = _expect_by_size(
            rules[is_seen], basket_sizes=basket_sizes, period="later_"
        )
    return to_typed(
        rules.assign(
            later_lift=np.divide(
                both * n_later_baskets, product, out=missing.copy(), where=is_seen
            ),
            later_size_lift=np.divide(both, expected, out=missing.copy(), where=is_seen),
            # The tail from none on is certain, and the function is not defined there.
            later_p_value=np.where(both > 0, gammainc(np.maximum(both, 1), expected), 1.0),
        ),
        types=CONFIRMED_TYPES,
    )


def fisher_p_values(
    both: np.ndarray, first: np.ndarray, second: np.ndarray, total: np.ndarray | float
) -> np.ndarray:
    """One-sided Fisher test: the chance that two sets share so many members or more.

    Parameters
    ----------
    both, first, second : members of both sets and of either, whole numbers as floats.
    total : members there are.

    Returns
    -------
    The upper tail of the hypergeometric distribution, summed from its start away from the mean,
    for all cases at once: SciPy's `hypergeom.sf` takes 0.1 ms a case.
    """
    if not len(both):
        return np.empty(0)
    # A rule and its reverse are one case, and common counts recur.
    rarer, commoner = np.minimum(first, second), np.maximum(first, second)
    total = np.broadcast_to(total, both.shape)
    cases, case_of = np.unique(
        np.column_stack([both, rarer, commoner, total]), axis=0, return_inverse=True
    )
    both, first, second, total = cases.astype(float).T
    is_upper = both * total > first * second
    start = np.where(is_upper, both, both - 1)
    neither = total - first - second
    is_possible = start >= np.maximum(0, -neither)
    start = np.where(is_possible, start, both)
    log_probability = (
        _log_choose(first, start)
        + _log_choose(total - first, second - start)
        - _log_choose(total, second)
    )
    tail = np.exp(log_probability) * _sum_tail(start, first, second, neither, is_upper)
    p_value = np.where(is_upper, tail, np.where(is_possible, 1 - tail, 1.0))
    return np.clip(p_value, 0.0, 1.0)[case_of.reshape(-1)]


class _Search:
    """Levels found so far; where they are too many, the count asked for rises until they are not.

    What lies under the risen count is dropped and never looked for again, so the search stays
    bounded and ends with the exact count that would have done.
    """

    def __init__(self, *, min_baskets: int, max_itemsets: int) -> None:
        self.levels: list[Level] = []
        self.min_baskets = min_baskets
        self.max_itemsets = max_itemsets
        self.most_seen = 0
        self.length_seen = 0

    def add_level(self, blocks: Iterator[Level]) -> None:
        """Append the itemsets of one length, given in lexical order, that are frequent."""
        self.levels.append((np.empty((0, 1), dtype=np.int64), np.empty(0, dtype=np.int64)))
        kept, waiting = [], 0
        for columns, baskets in blocks:
            is_frequent = baskets >= self.min_baskets
            kept.append((columns[is_frequent], baskets[is_frequent]))
            waiting += int(is_frequent.sum())
            if waiting > 2 * self.max_itemsets:
                kept = [self._set_last(kept)]
                waiting = len(kept[0][1])
        if kept:
            self._set_last(kept)

    def _set_last(self, blocks: list[Level]) -> Level:
        columns = np.concatenate([block[0] for block in blocks])
        baskets = np.concatenate([block[1] for block in blocks])
        self.levels[-1] = (columns, baskets)
        found = np.concatenate([counts for _, counts in self.levels])
        if len(found) > self.max_itemsets:
            if not self.most_seen:
                self.most_seen, self.length_seen = len(found), len(self.levels)
            place = len(found) - self.max_itemsets - 1
            self.min_baskets = int(np.partition(found, place)[place]) + 1
        self.levels = [
            (columns[baskets >= self.min_baskets], baskets[baskets >= self.min_baskets])
            for columns, baskets in self.levels
        ]
        return self.levels[-1]


def _name_items(basket_items: pd.DataFrame, *, items: pd.DataFrame) -> pd.DataFrame:
    """Baskets as `find_frequent_itemsets` takes them; numbers stay numbers, with names on top."""
    codes = pd.Index(items["item_number"]).get_indexer(basket_items["item_number"])
    return pd.DataFrame(
        {
            "basket_id": basket_items["basket_number"].to_numpy(),
            "item": pd.Categorical.from_codes(codes, categories=items["item"].astype("str")),
        }
    )


def _encode(
    basket_items: pd.DataFrame, *, min_baskets: int, wanted: set[str] | None = None
) -> tuple[csr_array, np.ndarray]:
    """Baskets x items of 0 and 1, and the items, sorted: those in at least `min_baskets`."""
    rows = basket_items[["basket_id", "item"]]
    if rows.isna().any(axis=None):
        rows = rows.dropna()
    column, items = pd.factorize(rows["item"])
    items = np.asarray(items, dtype=object).astype(str)
    basket, basket_ids = pd.factorize(rows["basket_id"])
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


def _grow_by_mlxtend(one_hot: csr_array, *, search: _Search, max_length: int) -> None:
    """Fill `search` by mlxtend's apriori, a length at a time, so that it can stop.

    Half a basket under the threshold keeps mlxtend's comparison of floats away from equality. Its
    low-memory way is the one that stays small for longer itemsets too.
    """
    table = pd.DataFrame(one_hot.astype(bool).toarray())
    for length in range(1, max_length + 1):
        found = apriori(
            table,
            min_support=(search.min_baskets - 0.5) / one_hot.shape[0],
            max_len=length,
            low_memory=True,
        )
        found = found[found["itemsets"].map(len) == length]
        if found.empty:
            return
        columns = np.array([sorted(itemset) for itemset in found["itemsets"]])
        baskets = (found["support"] * one_hot.shape[0]).round().to_numpy(np.int64)
        order = np.lexsort(columns.T[::-1])
        search.add_level(iter([(columns[order], baskets[order])]))
        if not len(search.levels[-1][1]) or search.most_seen:
            break
    if search.most_seen:
        # Too many: the threshold to use is found where the search stays bounded.
        search.levels.clear()
        _grow_on_bit_sets(one_hot, search=search, max_length=max_length)


def _grow_on_bit_sets(one_hot: csr_array, *, search: _Search, max_length: int) -> None:
    """Fill `search` level by level: pairs by a sparse product, longer itemsets on packed bits."""
    n_items = one_hot.shape[1]
    singles = np.asarray(one_hot.sum(axis=0)).reshape(-1)
    search.add_level(iter([(np.arange(n_items).reshape(-1, 1), singles.astype(np.int64))]))
    if max_length == 1:
        return
    search.add_level(iter([_count_pairs(one_hot)]))
    bits = None
    while 2 <= len(search.levels) < max_length and len(search.levels[-1][1]):
        candidates = _join(search.levels[-1][0])
        if not len(candidates):
            return
        if bits is None:
            bits = _pack(one_hot, columns=np.unique(candidates))
        search.add_level(_count_together(bits, candidates))


def _count_pairs(one_hot: csr_array) -> Level:
    """Count every pair of items that stands in some basket.

    The pairs of small baskets are tallied in a square of items x items, twice as fast as the
    sparse product that counts those of the few large ones, and all where the square is too large.
    """
    n_items = one_hot.shape[1]
    sizes = np.diff(one_hot.indptr)
    is_small = (sizes > 1) & (sizes <= TALLIED_SIZE) & (n_items <= TALLIED_ITEMS)
    large = one_hot[sizes > TALLIED_SIZE] if n_items <= TALLIED_ITEMS else one_hot
    together = (large.T @ large).astype(np.int64)
    if is_small.any():
        square = _tally_pairs(one_hot, baskets=np.flatnonzero(is_small))
        together = together + csr_array(square + square.T)
    together = triu(together, k=1).tocoo()
    first, second = together.coords
    order = np.lexsort((second, first))
    return np.column_stack([first, second])[order].astype(np.int64), together.data[order]


def _tally_pairs(one_hot: csr_array, *, baskets: np.ndarray) -> np.ndarray:
    """Square of the times that one item stands before another in the lines of `baskets`.

    Baskets that have a line at the later of two places are the first ones by falling size, so a
    pair of places is one addition of two slices.
    """
    n_items = one_hot.shape[1]
    tally = np.zeros(n_items * n_items, dtype=np.int64)
    sizes = np.diff(one_hot.indptr)
    for part in np.array_split(baskets, -(-int(sizes[baskets].sum()) // TALLIED_LINES)):
        part = part[np.argsort(-sizes[part], kind="stable")]
        starts = one_hot.indptr[part].astype(np.int64)
        with_place = np.searchsorted(-sizes[part], -np.arange(1, sizes[part[0]] + 1), "right")
        items = [
            one_hot.indices[starts[:count] + place].astype(np.int64)
            for place, count in enumerate(with_place)
        ]
        pairs, waiting = [], 0
        for later, count in enumerate(with_place):
            for earlier in range(later):
                pairs.append(items[earlier][:count] * n_items + items[later])
            waiting += later * count
            if waiting > len(tally) or later == len(items) - 1:
                tally += np.bincount(np.concatenate(pairs), minlength=len(tally))
                pairs, waiting = [], 0
    return tally.reshape(n_items, n_items)


def _pack(one_hot: csr_array, *, columns: np.ndarray) -> dict[int, np.ndarray]:
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


def _count_together(bits: dict[int, np.ndarray], itemsets: np.ndarray) -> Iterator[Level]:
    """Blocks of `itemsets`, in lexical order, with the baskets that hold all their items.

    Itemsets with a common prefix share its bits, and only the words where the prefix has any are
    looked at: of a rare prefix, few.
    """
    prefixes, lasts = itemsets[:, :-1], itemsets[:, -1]
    is_first = np.ones(len(itemsets), dtype=bool)
    is_first[1:] = (prefixes[1:] != prefixes[:-1]).any(axis=1)
    bounds = np.append(np.flatnonzero(is_first), len(itemsets))
    for start, end in pairwise(bounds):
        counts = np.empty(end - start, dtype=np.int64)
        prefix = prefixes[start].tolist()
        if prefix:
            shared = bits[prefix[0]]
            for column in prefix[1:]:
                shared = shared & bits[column]
            words = np.flatnonzero(shared)
            shared = shared[words]
            for place, column in enumerate(lasts[start:end].tolist()):
                counts[place] = np.bitwise_count(bits[column][words] & shared).sum(dtype=np.int64)
        else:
            for place, column in enumerate(lasts[start:end].tolist()):
                counts[place] = np.bitwise_count(bits[column]).sum(dtype=np.int64)
        yield itemsets[start:end], counts


def _join(itemsets: np.ndarray) -> np.ndarray:
    """Candidates an item longer than the frequent `itemsets`: all their parts are among them."""
    is_first = np.ones(len(itemsets), dtype=bool)
    is_first[1:] = (itemsets[1:, :-1] != itemsets[:-1, :-1]).any(axis=1)
    group = np.cumsum(is_first) - 1
    ends = np.append(np.flatnonzero(is_first)[1:], len(itemsets))[group]
    partners = ends - np.arange(len(itemsets)) - 1
    left = np.repeat(np.arange(len(itemsets)), partners)
    right = left + 1 + np.arange(len(left)) - np.repeat(np.cumsum(partners) - partners, partners)
    candidates = np.column_stack([itemsets[left], itemsets[right, -1]])
    # The two joined parts are frequent as it is; the others lack one of the earlier items.
    known = _to_keys(itemsets)
    for dropped in range(candidates.shape[1] - 2):
        parts = _to_keys(np.delete(candidates, dropped, axis=1))
        candidates = candidates[np.isin(parts, known)]
    return candidates


def _to_keys(itemsets: np.ndarray) -> np.ndarray:
    """Each row as one value that compares as the row does."""
    width = 4 * itemsets.shape[1]
    return np.ascontiguousarray(itemsets, dtype=">u4").view(f"S{width}").reshape(-1)


def _shorten(min_baskets: int, n_baskets: int) -> float:
    """Return the shortest decimal that asks for exactly `min_baskets` of `n_baskets`."""
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


def _split_itemsets(itemsets: pd.DataFrame, *, counted: list[str]) -> pd.DataFrame:
    """Each itemset cut in two in every way, with the counts of whole, antecedent, consequent."""
    texts = itemsets["itemset"].tolist()
    parts = [text.split(SEPARATOR) for text in texts]
    row_of = {text: row for row, text in enumerate(texts)}
    splits = []
    for row, names in enumerate(parts):
        for mask in range(1, 2 ** len(names) - 1):
            chosen = [name for place, name in enumerate(names) if mask >> place & 1]
            others = [name for place, name in enumerate(names) if not mask >> place & 1]
            sides = (SEPARATOR.join(chosen), SEPARATOR.join(others))
            if sides[0] not in row_of or sides[1] not in row_of:
                raise ValueError(f"itemset '{texts[row]}' is given without all its parts")
            splits.append((row, row_of[sides[0]], row_of[sides[1]]))
    whole, antecedent, consequent = np.array(splits, dtype=np.int64).reshape(-1, 3).T
    names, lengths = itemsets["itemset"].to_numpy(object), np.array([len(part) for part in parts])
    columns = {
        "itemset": names[whole],
        "antecedent": names[antecedent],
        "consequent": names[consequent],
        "antecedent_size": lengths[antecedent] if len(splits) else [],
        "consequent_size": lengths[consequent] if len(splits) else [],
    }
    for column in counted:
        period = column.removesuffix("baskets")
        baskets = itemsets[column].to_numpy(np.int64)
        columns[f"{period}baskets"] = baskets[whole]
        columns[f"{period}antecedent_baskets"] = baskets[antecedent]
        columns[f"{period}consequent_baskets"] = baskets[consequent]
    return pd.DataFrame(columns)


def _measure_rules(
    both: np.ndarray, antecedent: np.ndarray, consequent: np.ndarray, *, n_baskets: float
) -> dict[str, np.ndarray]:
    """Measures from whole counts, so that equal rules get equal floats in either direction."""
    excess = both * n_baskets - antecedent * consequent
    bound = np.maximum(both * (n_baskets - antecedent), antecedent * (consequent - both))
    missed = antecedent - both
    p_value = fisher_p_values(both, antecedent, consequent, n_baskets)
    return {
        "support": both / n_baskets,
        "confidence": both / antecedent,
        "lift": both * n_baskets / (antecedent * consequent),
        "leverage": excess / n_baskets**2,
        "conviction": np.divide(
            antecedent * (n_baskets - consequent),
            n_baskets * missed,
            out=np.full_like(both, np.inf),
            where=missed > 0,
        ),
        "zhang": np.divide(excess, bound, out=np.zeros_like(both), where=bound > 0),
        "p_value": p_value,
        "q_value": false_discovery_control(p_value, method="bh"),
    }


def _expect_by_size(
    rules: pd.DataFrame, *, basket_sizes: pd.DataFrame, period: str = ""
) -> np.ndarray:
    """Baskets that would hold both sides if a basket's size alone brought them together.

    An itemset of k items stands in a basket of size s with probability (1 - exp(-r s))^k, its rate
    r being such that it stands in as many baskets as it does; given the size, sides are
    independent.
    """
    size = basket_sizes["size"].to_numpy(float)
    weight = basket_sizes["baskets"].to_numpy(float)
    rates = np.geomspace(1e-9, 1e3, RATES)
    cases = []
    for side in ("antecedent", "consequent"):
        items = rules[f"{side}_size"].to_numpy()
        log_rate = np.empty(len(rules))
        for length in np.unique(items):
            expected = (-np.expm1(-rates[:, None] * size)) ** length @ weight
            rows = items == length
            wanted = rules.loc[rows, f"{period}{side}_baskets"].to_numpy(float)
            log_rate[rows] = np.interp(wanted, expected, np.log(rates))
        cases += [log_rate, items]
    cases, case_of = np.unique(np.column_stack(cases), axis=0, return_inverse=True)
    expected = np.empty(len(cases))
    for start in range(0, len(cases), RATES):
        part = cases[start : start + RATES]
        shares = [
            (-np.expm1(-np.exp(part[:, [side]]) * size)) ** part[:, [side + 1]] for side in (0, 2)
        ]
        expected[start : start + RATES] = (shares[0] * shares[1]) @ weight
    return expected[case_of.reshape(-1)]


def _compare_with_shorter(rules: pd.DataFrame) -> pd.DataFrame:
    """Add what the last item of each antecedent gains over the rules without one of its items."""
    longer = rules.loc[rules["antecedent_size"] > 1]
    shorter = longer[["antecedent", "consequent", "baskets", "antecedent_baskets"]].assign(
        rule=longer.index,
        antecedent=[
            [SEPARATOR.join(names[:out] + names[out + 1 :]) for out in range(len(names))]
            for names in longer["antecedent"].str.split(SEPARATOR, regex=False)
        ],
    )
    known = rules.set_index(["antecedent", "consequent"])[["baskets", "antecedent_baskets"]]
    pairs = shorter.explode("antecedent").join(
        known.add_suffix("_of_shorter"), on=["antecedent", "consequent"]
    )
    pairs = pairs.assign(
        improvement=pairs["baskets"] / pairs["antecedent_baskets"]
        - pairs["baskets_of_shorter"] / pairs["antecedent_baskets_of_shorter"],
        improvement_p_value=fisher_p_values(
            pairs["baskets"].to_numpy(float),
            pairs["antecedent_baskets"].to_numpy(float),
            pairs["baskets_of_shorter"].to_numpy(float),
            pairs["antecedent_baskets_of_shorter"].to_numpy(float),
        ),
    )
    gains = pairs.groupby("rule").agg({"improvement": "min", "improvement_p_value": "max"})
    rules = rules.join(gains)
    return rules.assign(is_redundant=rules["improvement_p_value"] > 0.05 + TOLERANCE)


def _sum_tail(
    start: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    neither: np.ndarray,
    is_upper: np.ndarray,
) -> np.ndarray:
    """Sum of the probabilities from `start` outwards, as multiples of the one at `start`."""
    total = np.ones_like(start)
    active = np.arange(len(start))
    term, shared = np.ones_like(start), start.copy()
    while active.size:
        a, c, rest, upper = first[active], second[active], neither[active], is_upper[active]
        rising = (a - shared) * (c - shared) / ((shared + 1) * (rest + shared + 1))
        falling = shared * (rest + shared) / ((a - shared + 1) * (c - shared + 1))
        term = term * np.where(upper, rising, falling)
        shared = np.where(upper, shared + 1, shared - 1)
        total[active] += term
        is_open = term > NEGLIGIBLE * total[active]
        active, term, shared = active[is_open], term[is_open], shared[is_open]
    return total


def _log_choose(total: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    return gammaln(total + 1) - gammaln(chosen + 1) - gammaln(total - chosen + 1)
