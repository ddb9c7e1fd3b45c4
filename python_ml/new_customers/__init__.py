"""What a new customer becomes: methods that rank the labels, next to baselines they must beat.

`evaluate_new_customers` chooses a method among the earlier customers and tests it on the later;
`fit_new_customers` fits what may be used, and `score_new_customers` ranks the labels for each
current customer. `purchases` tell what was bought, from which an item model learns what is
bought by the same customers.
"""

from python_ml.new_customers.evaluation import EVALUATION_TYPES, evaluate_new_customers
from python_ml.new_customers.fitting import BASELINES, METHODS, fit_method
from python_ml.new_customers.items import Items, cross_fit_items, fit_items
from python_ml.new_customers.preparation import ORDERS, TARGETS, Columns
from python_ml.new_customers.purchases import NewPurchases, read_new_purchases
from python_ml.new_customers.ranking import compare_ranks, find_ranks
from python_ml.new_customers.scoring import (
    MODEL_TYPES,
    SCORE_TYPES,
    fit_new_customers,
    score_new_customers,
)

__all__ = [
    "BASELINES",
    "EVALUATION_TYPES",
    "METHODS",
    "MODEL_TYPES",
    "ORDERS",
    "SCORE_TYPES",
    "TARGETS",
    "Columns",
    "Items",
    "NewPurchases",
    "compare_ranks",
    "cross_fit_items",
    "evaluate_new_customers",
    "find_ranks",
    "fit_items",
    "fit_method",
    "fit_new_customers",
    "read_new_purchases",
    "score_new_customers",
]
