"""Association rules: every split of every frequent itemset, measured and tested.

References
----------
Raschka (2018), MLxtend, J. Open Source Software 3(24): `association_rules`.
Webb (2007), Discovering significant patterns, Mach. Learn. 68: productive rules.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from python_ml.baskets.evaluation import (
    fisher_p_values,
    moment_factors,
    stratified_p_values,
)
from python_ml.baskets.preparation import SEPARATOR, TOLERANCE, name_items
from python_ml.baskets.strata import MOMENTS, count_within_strata
from python_ml.frames import check_columns, to_typed

SPLIT_COLUMNS = ["itemset", "antecedent", "consequent"]
OTHER_SIDE = {"antecedent": "consequent", "consequent": "antecedent"}

COUNT_TYPES = {
    "antecedent_size": "int64",
    "consequent_size": "int64",
    "baskets": "int64",
    "antecedent_baskets": "int64",
    "consequent_baskets": "int64",
}

LATER_TYPES = {
    "validation_baskets": "int64",
    "validation_antecedent_baskets": "int64",
    "validation_consequent_baskets": "int64",
}

MEASURE_TYPES = dict.fromkeys(
    ["support", "confidence", "lift", "leverage", "conviction", "zhang", "p_value", "q_value"],
    "float64",
)

STRATIFIED_TYPES = {
    "stratified_baskets": "int64",
    "expected_baskets": "float64",
    "stratified_lift": "float64",
    "stratified_p_value": "float64",
    "stratified_q_value": "float64",
}
VALIDATION_TYPES = dict.fromkeys(
    ["validation_lift", "validation_stratified_lift", "validation_p_value"], "float64"
)
RULE_TYPES = (
    {"itemset": "str", "antecedent": "str", "consequent": "str"}
    | COUNT_TYPES
    | MEASURE_TYPES
    | STRATIFIED_TYPES
    | {"improvement": "float64", "improvement_p_value": "float64", "is_redundant": "bool"}
)
VALIDATED_TYPES = RULE_TYPES | LATER_TYPES | VALIDATION_TYPES


def find_rules(
    itemsets: pd.DataFrame,
    basket_items: pd.DataFrame,
    items: pd.DataFrame,
    strata: pd.DataFrame,
    *,
    requested: Mapping,
) -> pd.DataFrame:
    """Rules of the itemsets of one basis and level, tested and confirmed within strata.

    Parameters
    ----------
    itemsets : as `mine_baskets` gives them, without the empty one.
    basket_items : one row per basket of `strata` and item: `basket_number`, `item_number` and the
        `period` of the basket, mining or validation.
    items : one row per item: `item_number`, `item` (text).
    strata : as `form_strata` gives them.
    requested : `baskets` and `validation_baskets` (all of either period) and `min_confidence`.

    Returns
    -------
    As `confirm_rules`.
    """
    within = {
        period: {
            "basket_items": name_items(
                basket_items[basket_items["period"] == period], items=items
            ),
            "strata": strata[strata["period"] == period],
        }
        for period in ("mining", "validation")
    }
    rules = derive_rules(
        itemsets,
        n_baskets=int(requested["baskets"]),
        min_confidence=float(requested["min_confidence"]),
        **within["mining"],
    )
    n_validation = int(requested["validation_baskets"])
    return confirm_rules(rules, n_validation_baskets=n_validation, **within["validation"])


def derive_rules(
    itemsets: pd.DataFrame,
    *,
    n_baskets: int,
    min_confidence: float,
    basket_items: pd.DataFrame | None = None,
    strata: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Association rules antecedent => consequent: every split of every frequent itemset.

    Parameters
    ----------
    itemsets : as `find_frequent_itemsets` returns them: `itemset` and `baskets`; with an itemset
        all its parts. With `validation_baskets`, rules also have the counts of the later period.
    n_baskets : all baskets.
    min_confidence : inclusive.
    basket_items, strata : what the baskets contain and which are alike, as `count_within_strata`
        takes them; without them all baskets count as alike.

    Returns
    -------
    One row per rule: its `itemset`, `antecedent` and `consequent` (texts alike) with their
    sizes, `baskets` (those that contain both), `antecedent_baskets`, `consequent_baskets`;
    support, confidence, lift, leverage, `conviction` (infinite where confidence is 1) and
    `zhang` (0 where its denominator is 0), as in mlxtend's `association_rules`; `p_value`,
    one-sided Fisher: the chance of as many common baskets or more if antecedent and consequent
    were independent in all baskets; and `q_value` by Benjamini and Hochberg over all rules,
    those under `min_confidence` included, so that the threshold does not flatter what it lets
    through.

    Within strata of baskets that are alike: `stratified_baskets` contain both sides, in
    informative strata, `expected_baskets` would if the sides were independent in each, and
    `stratified_lift` is their ratio (missing where none is expected). `stratified_p_value` is
    the one-sided Mantel-Haenszel test, of the rule's itemset: the largest over its splits, for
    an item that is independent of the rest adds nothing to a rule; missing where no stratum is
    informative. `stratified_q_value` is corrected like `q_value`.

    Of the rules with the same consequent and an item less in the antecedent, `improvement` is the
    confidence gained over the best and `improvement_p_value` the largest chance of such a gain, by
    Fisher's test within the baskets of the shorter antecedent (both missing where the antecedent
    is a single item); `is_redundant` where it is over 0.05: the longer antecedent adds nothing
    (Webb 2007). With `validation_baskets` also the three later counts. Ordered by falling lift,
    antecedent, consequent.

    Raises
    ------
    ValueError : a part of an itemset is not itself among the itemsets.
    """
    check_columns(itemsets, columns=["itemset", "baskets"], name="itemsets")
    counted = ["baskets", *(["validation_baskets"] if "validation_baskets" in itemsets else [])]
    types = RULE_TYPES | (LATER_TYPES if len(counted) > 1 else {})
    rules = _split_itemsets(itemsets, counted=counted)
    if rules.empty:
        return to_typed([], types=types)
    counts = rules[list(COUNT_TYPES)[2:]].to_numpy(float).T
    rules = rules.assign(**_measure_rules(*counts, n_baskets=float(n_baskets)))
    if basket_items is None or strata is None:
        factors = (moment_factors(side, float(n_baskets)) for side in counts[1:])
        moments = [one * other for one, other in zip(*factors, strict=True)]
        within = pd.DataFrame(
            dict(zip(MOMENTS, (counts[0], *moments), strict=True)), index=rules.index
        )
    else:
        within = _count_rules(rules, basket_items=basket_items, strata=strata)
    p_value = _test_itemsets(rules, within=within)
    rules = rules.assign(
        stratified_baskets=within["baskets"],
        expected_baskets=within["mean"],
        stratified_lift=_divide(within["baskets"], within["mean"]),
        stratified_p_value=p_value,
        stratified_q_value=false_discovery_control(p_value.fillna(1.0), method="bh"),
    )
    rules = _compare_with_shorter(rules)
    rules = rules[rules["confidence"] >= min_confidence - TOLERANCE]
    rules = rules.sort_values(
        ["lift", "antecedent", "consequent"], ascending=[False, True, True], ignore_index=True
    )
    return to_typed(rules, types=types)


def confirm_rules(
    rules: pd.DataFrame,
    *,
    n_validation_baskets: int,
    basket_items: pd.DataFrame,
    strata: pd.DataFrame,
) -> pd.DataFrame:
    """Add how rules fare in later baskets, which had no part in finding them.

    Parameters
    ----------
    rules : as `derive_rules` gives them for itemsets with `validation_baskets`.
    n_validation_baskets : all baskets of the later period.
    basket_items, strata : as there, of the later period.

    Returns
    -------
    The rules with `validation_lift` (missing where one side does not occur later),
    `validation_stratified_lift` and `validation_p_value`, the lift and the chance within strata of
    later baskets (the chance is 1 where no later stratum is informative).
    """
    check_columns(rules, columns=LATER_TYPES, name="rules")
    both, antecedent, consequent = (rules[name].astype(float) for name in LATER_TYPES)
    # The weakest split decides, whether its rule is sure enough to be among `rules` or not.
    splits = _list_splits(rules["itemset"].drop_duplicates())
    within = count_within_strata(basket_items, strata=strata, splits=splits)
    p_value = _test_itemsets(splits, within=within).groupby(splits["itemset"]).max()
    own = _match_splits(rules, splits=splits, within=within)
    return to_typed(
        rules.assign(
            validation_lift=_divide(both * n_validation_baskets, antecedent * consequent),
            validation_stratified_lift=_divide(own["baskets"], own["mean"]),
            validation_p_value=rules["itemset"].map(p_value).fillna(1.0),
        ),
        types=VALIDATED_TYPES,
    )


def _count_rules(
    rules: pd.DataFrame, *, basket_items: pd.DataFrame, strata: pd.DataFrame
) -> pd.DataFrame:
    """Count both sides of each rule within strata; a rule and its reverse are counted once."""
    splits = _list_splits(rules["itemset"].drop_duplicates())
    within = count_within_strata(basket_items, strata=strata, splits=splits)
    return _match_splits(rules, splits=splits, within=within)


def _match_splits(
    rules: pd.DataFrame, *, splits: pd.DataFrame, within: pd.DataFrame
) -> pd.DataFrame:
    """Rows of `within`, which are those of `splits`, for each rule, whichever way round."""
    both_ways = pd.concat([splits, splits.rename(columns=OTHER_SIDE)], ignore_index=True)
    row_of = pd.Series(
        np.tile(np.arange(len(splits)), 2),
        index=pd.MultiIndex.from_frame(both_ways[["antecedent", "consequent"]]),
        dtype="int64",
    )
    wanted = pd.MultiIndex.from_frame(rules[["antecedent", "consequent"]])
    return within.iloc[row_of.loc[wanted].to_numpy()].set_axis(rules.index)


def _test_itemsets(rules: pd.DataFrame, *, within: pd.DataFrame) -> pd.Series:
    """Chance of the weakest split of each rule's itemset; missing where one tells nothing."""
    chance = pd.Series(
        stratified_p_values(*within[list(MOMENTS)].to_numpy(float).T), index=rules.index
    )
    # A missing chance stays missing, however small the others of the itemset are.
    weakest = chance.fillna(np.inf).groupby(rules["itemset"]).transform("max")
    return weakest.where(np.isfinite(weakest))


def _divide(dividend: pd.Series, divisor: pd.Series) -> pd.Series:
    """Quotients, missing where there is nothing to divide by."""
    return dividend / divisor.where(divisor > 0)


def _list_splits(itemsets: pd.Series, *, both_ways: bool = False) -> pd.DataFrame:
    """Each itemset split in two in every way, and on request with the sides swapped too.

    Returns
    -------
    One row per split: `itemset`, `antecedent` (with the first item, unless `both_ways`) and
    `consequent`, and the items of either, `antecedent_size` and `consequent_size`.
    """
    names = itemsets.to_numpy(object)
    parts = [itemset.split(SEPARATOR) for itemset in names]
    lengths = np.array([len(part) for part in parts], dtype=np.int64)
    frames = []
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        items = np.array([parts[row] for row in rows], dtype=object)
        for mask in range(1, 2**length - 1, 1 if both_ways else 2):
            columns = [[at for at in range(length) if mask >> at & 1 == bit] for bit in (1, 0)]
            sides = [_join_items(items[:, chosen]) for chosen in columns]
            frames.append(
                pd.DataFrame(
                    {
                        "row": rows,
                        "itemset": names[rows],
                        "antecedent": sides[0],
                        "consequent": sides[1],
                        "antecedent_size": len(columns[0]),
                        "consequent_size": len(columns[1]),
                    }
                )
            )
    if not frames:
        return pd.DataFrame(columns=[*SPLIT_COLUMNS, "antecedent_size", "consequent_size"])
    splits = pd.concat(frames).sort_values("row", kind="stable", ignore_index=True)
    return splits.drop(columns="row").astype(dict.fromkeys(SPLIT_COLUMNS, "str"))


def _join_items(items: np.ndarray) -> np.ndarray:
    """Join the items of each row to a text."""
    joined = items[:, 0]
    for column in items.T[1:]:
        joined = joined + SEPARATOR + column
    return joined


def _split_itemsets(itemsets: pd.DataFrame, *, counted: list[str]) -> pd.DataFrame:
    """Each itemset cut in two in every way, with the counts of whole, antecedent, consequent."""
    splits = _list_splits(itemsets["itemset"], both_ways=True)
    row_of = pd.Index(itemsets["itemset"])
    rows = {column: row_of.get_indexer(splits[column]) for column in SPLIT_COLUMNS}
    is_partless = (rows["antecedent"] < 0) | (rows["consequent"] < 0)
    if is_partless.any():
        itemset = splits.loc[is_partless, "itemset"].iloc[0]
        raise ValueError(f"itemset '{itemset}' is given without all its parts")
    for column in counted:
        period = column.removesuffix("baskets")
        baskets = itemsets[column].to_numpy(np.int64)
        for side, of_side in zip(SPLIT_COLUMNS, ("", "antecedent_", "consequent_"), strict=True):
            splits[f"{period}{of_side}baskets"] = baskets[rows[side]]
    return splits


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
