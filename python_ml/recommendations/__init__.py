"""What to offer whom: methods behind one interface, compared out of time.

A method is fitted on `Purchases` and scores every product for any of the customers. `compare`
says how well each would have done on what was bought afterwards, in three regimes.
"""

from python_ml.recommendations.comparison import REGIMES, compare, measure
from python_ml.recommendations.ease import Ease
from python_ml.recommendations.methods import Method, Popularity, Scorer
from python_ml.recommendations.neighbours import SimilarCustomers, SimilarProducts
from python_ml.recommendations.purchases import Purchases, read_purchases
from python_ml.recommendations.repeats import Frequency, NeighbourFrequency
from python_ml.recommendations.similarity import (
    NEIGHBOUR_TYPES,
    draw_customers,
    find_similar_items,
)

__all__ = [
    "NEIGHBOUR_TYPES",
    "REGIMES",
    "Ease",
    "Frequency",
    "Method",
    "NeighbourFrequency",
    "Popularity",
    "Purchases",
    "Scorer",
    "SimilarCustomers",
    "SimilarProducts",
    "compare",
    "draw_customers",
    "find_similar_items",
    "measure",
    "read_purchases",
]
