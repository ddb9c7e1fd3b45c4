"""Baskets: frequent itemsets, the rules that follow from them, and whether they hold.

`find_frequent_itemsets` and `mine_baskets` count, `form_strata` says which baskets are alike,
`derive_rules` measures and tests the rules of the itemsets, and `confirm_rules` tests them again
in later baskets.
"""

from python_ml.baskets.evaluation import (
    fisher_p_values,
    moment_factors,
    stratified_p_values,
)
from python_ml.baskets.itemsets import (
    BIT_SETS,
    MLXTEND,
    TooManyItemsetsError,
    count_itemsets,
    find_frequent_itemsets,
    mine_baskets,
)
from python_ml.baskets.preparation import SEPARATOR, TOLERANCE, encode_baskets, name_items
from python_ml.baskets.rules import (
    COUNT_TYPES,
    LATER_TYPES,
    MEASURE_TYPES,
    STRATIFIED_TYPES,
    confirm_rules,
    derive_rules,
    find_rules,
)
from python_ml.baskets.strata import (
    count_within_strata,
    form_strata,
    group_tastes,
    permute_within_strata,
)

__all__ = [
    "BIT_SETS",
    "COUNT_TYPES",
    "LATER_TYPES",
    "MEASURE_TYPES",
    "MLXTEND",
    "SEPARATOR",
    "STRATIFIED_TYPES",
    "TOLERANCE",
    "TooManyItemsetsError",
    "confirm_rules",
    "count_itemsets",
    "count_within_strata",
    "derive_rules",
    "encode_baskets",
    "find_frequent_itemsets",
    "find_rules",
    "fisher_p_values",
    "form_strata",
    "group_tastes",
    "mine_baskets",
    "moment_factors",
    "name_items",
    "permute_within_strata",
    "stratified_p_values",
]
