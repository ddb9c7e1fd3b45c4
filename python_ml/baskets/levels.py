"""Apriori level by level: through mlxtend where its table is small, else on bit sets.

References
----------
Agrawal, Srikant (1994), Fast algorithms for mining association rules, VLDB.
Raschka (2018), MLxtend, J. Open Source Software 3(24): `apriori`.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from mlxtend.frequent_patterns import apriori
from scipy.sparse import csr_array, triu

from python_ml.baskets.preparation import pack_items

TALLIED_ITEMS, TALLIED_SIZE, TALLIED_LINES = 4_000, 100, 2_000_000
"""Most items of which all pairs are tallied in a square, largest basket, lines at a time."""

# The itemsets of one length (items as rising column numbers, in lexical order) and their baskets.
Level = tuple[np.ndarray, np.ndarray]


class Search:
    """Levels found so far; where they are too many, the required count rises until they are not.

    What is under the raised count is dropped and never searched again, so the search stays
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


def grow_by_mlxtend(one_hot: csr_array, *, search: Search, max_length: int) -> None:
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
        grow_on_bit_sets(one_hot, search=search, max_length=max_length)


def grow_on_bit_sets(one_hot: csr_array, *, search: Search, max_length: int) -> None:
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
            bits = pack_items(one_hot, columns=np.unique(candidates))
        search.add_level(count_together(bits, candidates))


def _count_pairs(one_hot: csr_array) -> Level:
    """Count every pair of items that occurs in some basket.

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


def count_together(bits: dict[int, np.ndarray], itemsets: np.ndarray) -> Iterator[Level]:
    """Blocks of `itemsets`, in lexical order, with the baskets that hold all their items.

    Itemsets with a common prefix share its bits, and only the words where the prefix has any are
    read: of a rare prefix, few.
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
