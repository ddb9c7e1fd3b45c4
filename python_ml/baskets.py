"""Frequent itemsets by Apriori, and the association rules that follow from them.

References
----------
Agrawal, Srikant (1994), Fast algorithms for mining association rules, VLDB.
Raschka (2018), MLxtend, J. Open Source Software 3(24): `apriori`, `association_rules`.
"""

from itertools import combinations
from math import ceil

import numpy as np
import pandas as pd
from mlxtend.frequent_patterns import apriori
from scipy.sparse import csr_array, triu
from scipy.stats import false_discovery_control, hypergeom

from python_ml.frames import check_columns, to_typed

SEPARATOR = " + "
"""Stands between the items of an itemset written as text."""

TOLERANCE = 1e-9
"""A share this little under a threshold meets it: thresholds are inclusive, floats are not."""

MAX_CELLS = 2_000_000_000
"""Largest one-hot table, baskets x items, at a byte a cell."""

ITEMSET_TYPES = {"itemset": "str", "length": "int64", "baskets": "int64", "support": "float64"}

RULE_TYPES = {
    "itemset": "str",
    "antecedent": "str",
    "consequent": "str",
    "antecedent_size": "int64",
    "consequent_size": "int64",
    "baskets": "int64",
    "antecedent_baskets": "int64",
    "consequent_baskets": "int64",
    "support": "float64",
    "confidence": "float64",
    "lift": "float64",
    "leverage": "float64",
    "conviction": "float64",
    "zhang": "float64",
    "p_value": "float64",
    "q_value": "float64",
}


def find_frequent_itemsets(
    basket_items: pd.DataFrame,
    *,
    n_baskets: int,
    min_support: float,
    max_length: int = 2,
    max_itemsets: int = 200_000,
) -> pd.DataFrame:
    """Itemsets that stand in at least the share `min_support` of all baskets.

    Parameters
    ----------
    basket_items : one row per basket and item: `basket_id` and `item` (text). Repeated rows count
        once. Items that do not meet `min_support` alone may have been left out already.
    n_baskets : all baskets, also those that `basket_items` no longer shows.
    min_support : share of `n_baskets` in (0, 1], inclusive.
    max_length : most items in an itemset.
    max_itemsets : the most itemsets worth having; more mean that `min_support` is too low.

    Returns
    -------
    One row per frequent itemset: `itemset` (its items, sorted, joined by SEPARATOR), `length`,
    `baskets` (those that hold it) and `support` (share of `n_baskets`), ordered by length, falling
    baskets, itemset.

    Raises
    ------
    ValueError : a parameter is out of its range; an item contains SEPARATOR; `n_baskets` is less
        than the baskets given; or there would be more than `max_itemsets`, with the count and the
        `min_support` to use.
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

    limits = {"max_itemsets": max_itemsets, "n_baskets": n_baskets, "min_support": min_support}
    counts = one_hot.sum(axis=0)
    _check_count(counts, length=1, **limits)
    if max_length > 1:
        pairs = triu(one_hot.T @ one_hot, k=1).data
        counts = np.concatenate([counts, pairs[pairs >= min_baskets]])
        _check_count(counts, length=2, **limits)
    if one_hot.shape[0] * items.size > MAX_CELLS:
        raise ValueError(
            f"{one_hot.shape[0]} baskets x {items.size} items are too many for one table: "
            "raise min_support"
        )

    # Longer itemsets cannot be counted beforehand, so length grows only while the count allows.
    for length in range(min(max_length, 2), max_length + 1):
        found = _run_apriori(one_hot, min_baskets=min_baskets, max_length=length)
        _check_count(found["baskets"].to_numpy(), length=length, **limits)
        if found["itemsets"].map(len).max() < length:
            break
    itemsets = found.assign(
        itemset=[SEPARATOR.join(items[sorted(columns)]) for columns in found["itemsets"]],
        length=found["itemsets"].map(len),
        support=found["baskets"] / n_baskets,
    ).sort_values(["length", "baskets", "itemset"], ascending=[True, False, True])
    return to_typed(itemsets, types=ITEMSET_TYPES).reset_index(drop=True)


def derive_rules(itemsets: pd.DataFrame, *, n_baskets: int, min_confidence: float) -> pd.DataFrame:
    """Association rules antecedent => consequent: every split of every frequent itemset.

    Parameters
    ----------
    itemsets : as `find_frequent_itemsets` returns them: `itemset` and `baskets`; with an itemset
        all its parts.
    n_baskets : all baskets.
    min_confidence : inclusive.

    Returns
    -------
    One row per rule: its `itemset`, `antecedent` and `consequent` (texts alike) with their sizes,
    `baskets` (those that hold both), `antecedent_baskets`, `consequent_baskets`; support,
    confidence, lift, leverage, `conviction` (infinite where confidence is 1) and `zhang` (0 where
    its denominator is 0), as in mlxtend's `association_rules`; `p_value`, one-sided Fisher: the
    chance of as many common baskets or more if antecedent and consequent were independent; and
    `q_value` by Benjamini and Hochberg over all rules, those under `min_confidence` included, so
    that the threshold does not flatter what it lets through. Ordered by falling lift, antecedent,
    consequent.

    Raises
    ------
    ValueError : a part of an itemset is not itself among the itemsets.
    """
    check_columns(itemsets, columns=["itemset", "baskets"], name="itemsets")
    rules = pd.DataFrame(_split_itemsets(itemsets), columns=list(RULE_TYPES)[:8])
    if rules.empty:
        return to_typed([], types=RULE_TYPES)
    rules = rules.assign(
        **_measure_rules(
            both=rules["baskets"].to_numpy(float),
            antecedent=rules["antecedent_baskets"].to_numpy(float),
            consequent=rules["consequent_baskets"].to_numpy(float),
            n_baskets=float(n_baskets),
        )
    )
    rules = rules[rules["confidence"] >= min_confidence - TOLERANCE]
    rules = rules.sort_values(
        ["lift", "antecedent", "consequent"], ascending=[False, True, True], ignore_index=True
    )
    return to_typed(rules, types=RULE_TYPES)


def _encode(basket_items: pd.DataFrame, *, min_baskets: int) -> tuple[csr_array, np.ndarray]:
    """Baskets x items of 0 and 1, and the items, sorted: those in at least `min_baskets`."""
    rows = basket_items[["basket_id", "item"]].dropna().astype({"item": "str"}).drop_duplicates()
    rows = rows[rows.groupby("item")["item"].transform("size") >= min_baskets]
    joined = rows.loc[rows["item"].str.contains(SEPARATOR, regex=False), "item"]
    if not joined.empty:
        raise ValueError(f"item '{joined.min()}' contains '{SEPARATOR}', which joins items")
    baskets, basket_ids = pd.factorize(rows["basket_id"])
    columns, items = pd.factorize(rows["item"], sort=True)
    ones = np.ones(len(rows), dtype=np.int64)
    one_hot = csr_array((ones, (baskets, columns)), shape=(len(basket_ids), len(items)))
    return one_hot, np.asarray(items, dtype=object)


def _run_apriori(one_hot: csr_array, *, min_baskets: int, max_length: int) -> pd.DataFrame:
    """Frequent itemsets as sets of column numbers (`itemsets`) with their `baskets`.

    Half a basket under the threshold keeps mlxtend's comparison of floats away from equality. Its
    low-memory way on a dense table is the lean and the fast one for hundreds of items: the default
    builds baskets x candidate pairs, and a sparse table is made dense again for every prefix.
    """
    found = apriori(
        pd.DataFrame(one_hot.astype(bool).toarray()),
        min_support=(min_baskets - 0.5) / one_hot.shape[0],
        max_len=max_length,
        low_memory=True,
    )
    return found.assign(baskets=(found["support"] * one_hot.shape[0]).round().astype("int64"))


def _check_count(
    baskets: np.ndarray, *, length: int, max_itemsets: int, n_baskets: int, min_support: float
) -> None:
    if len(baskets) <= max_itemsets:
        return
    too_rare = np.sort(baskets)[::-1][max_itemsets]
    enough = ceil((too_rare + 1) / n_baskets * 1e6) / 1e6
    raise ValueError(
        f"min_support {min_support:g} gives {len(baskets)} itemsets up to length {length}, "
        f"more than {max_itemsets}: use at least {enough:g}"
    )


def _split_itemsets(itemsets: pd.DataFrame) -> list[tuple]:
    """Each itemset cut in two in every way, with the counts of whole, antecedent, consequent."""
    counts = dict(zip(itemsets["itemset"], itemsets["baskets"].tolist(), strict=True))
    rules = []
    for itemset, baskets in counts.items():
        items = itemset.split(SEPARATOR)
        for size in range(1, len(items)):
            for part in combinations(items, size):
                antecedent = SEPARATOR.join(part)
                consequent = SEPARATOR.join(item for item in items if item not in part)
                if antecedent not in counts or consequent not in counts:
                    raise ValueError(f"itemset '{itemset}' is given without all its parts")
                sizes = (size, len(items) - size)
                parts = (counts[antecedent], counts[consequent])
                rules.append((itemset, antecedent, consequent, *sizes, baskets, *parts))
    return rules


def _measure_rules(
    *, both: np.ndarray, antecedent: np.ndarray, consequent: np.ndarray, n_baskets: float
) -> dict[str, np.ndarray]:
    """Measures from whole counts, so that equal rules get equal floats in either direction."""
    excess = both * n_baskets - antecedent * consequent
    bound = np.maximum(both * (n_baskets - antecedent), antecedent * (consequent - both))
    missed = antecedent - both
    p_value = _test_independence(both, antecedent, consequent, n_baskets)
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


def _test_independence(
    both: np.ndarray, antecedent: np.ndarray, consequent: np.ndarray, n_baskets: float
) -> np.ndarray:
    """One-sided Fisher test, once for a rule and its reverse: they share their p-value."""
    rarer, commoner = np.minimum(antecedent, consequent), np.maximum(antecedent, consequent)
    cases, rule_case = np.unique(
        np.column_stack([both, rarer, commoner]), axis=0, return_inverse=True
    )
    p_value = hypergeom.sf(cases[:, 0] - 1, n_baskets, cases[:, 1], cases[:, 2])
    return np.clip(p_value, 0.0, 1.0)[rule_case.reshape(-1)]
