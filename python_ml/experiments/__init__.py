"""Did it work: arms of an experiment, campaigns of a list, and offers compared.

`compare_proportions` and `compare_means` compare two arms, `compare_arms` all arms of campaigns
with their controls, `pool_lifts` the campaigns of a list taken together, and `compare_offers`
offers two by two.
"""

from python_ml.experiments.arms import COMPARISON_TYPES, compare_arms
from python_ml.experiments.comparison import Comparison, compare_means, compare_proportions
from python_ml.experiments.offers import OFFER_TYPES, compare_offers
from python_ml.experiments.pooling import POOLED_TYPES, pool_lifts

__all__ = [
    "COMPARISON_TYPES",
    "OFFER_TYPES",
    "POOLED_TYPES",
    "Comparison",
    "compare_arms",
    "compare_means",
    "compare_offers",
    "compare_proportions",
    "pool_lifts",
]
