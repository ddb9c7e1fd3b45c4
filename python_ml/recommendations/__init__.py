"""What to offer to whom: methods behind one interface, compared out of time.

A method is fitted on `Purchases` and scores every product for anybody's. `choose_settings` finds
what each works best with, `try_methods` says how well each would have done on what was bought
afterwards, in three regimes.
"""

from python_ml.recommendations.choosing import (
    SETTINGS,
    TEST_TYPES,
    choose_settings,
    make_method,
    try_methods,
)
from python_ml.recommendations.comparison import REGIMES, Later, compare, hold_back, measure
from python_ml.recommendations.ease import Ease
from python_ml.recommendations.methods import Method, Popularity, Scorer, to_single
from python_ml.recommendations.neighbours import SimilarCustomers, SimilarProducts, draw_rows
from python_ml.recommendations.offers import chunks, find_offers
from python_ml.recommendations.purchases import (
    DAY_BITS,
    Purchases,
    read_days,
    read_purchases,
)
from python_ml.recommendations.repeats import Frequency, NeighbourFrequency
from python_ml.recommendations.rules import Rule, Rules
from python_ml.recommendations.similarity import (
    NEIGHBOUR_TYPES,
    draw_customers,
    find_similar_items,
)

__all__ = [
    "DAY_BITS",
    "NEIGHBOUR_TYPES",
    "REGIMES",
    "SETTINGS",
    "TEST_TYPES",
    "Ease",
    "Frequency",
    "Later",
    "Method",
    "NeighbourFrequency",
    "Popularity",
    "Purchases",
    "Rule",
    "Rules",
    "Scorer",
    "SimilarCustomers",
    "SimilarProducts",
    "choose_settings",
    "chunks",
    "compare",
    "draw_customers",
    "draw_rows",
    "find_offers",
    "find_similar_items",
    "hold_back",
    "make_method",
    "measure",
    "read_days",
    "read_purchases",
    "to_single",
    "try_methods",
]
