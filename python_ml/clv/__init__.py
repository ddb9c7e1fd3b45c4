"""What customers will be worth: orders and margin to come, with ranges, and how far they hold.

`evaluate_methods` compares families, boosting and baselines on hold-outs by date and chooses one,
`calibration_deciles` shows the chosen one's predictions next to what came, `fit_models` fits on
what is known today (`train_boosting` where that was chosen), and `score_customers` gives every
customer figures, or the reason why there are none. Unit of time: a week.
"""

from python_ml.clv.boosting import TrainedBoosting, pack_boosting, unpack_boosting
from python_ml.clv.chances import order_probabilities
from python_ml.clv.choice import (
    CHOICE_RULE,
    EVALUATION_TYPES,
    calibration_deciles,
    evaluate_methods,
)
from python_ml.clv.evaluation import DECILE_TYPES
from python_ml.clv.methods import DEFAULT_METHOD, METHODS
from python_ml.clv.scoring import (
    fit_models,
    score_customers,
    score_types,
    train_boosting,
)
from python_ml.clv.tables import MODEL_TYPES

__all__ = [
    "CHOICE_RULE",
    "DECILE_TYPES",
    "DEFAULT_METHOD",
    "EVALUATION_TYPES",
    "METHODS",
    "MODEL_TYPES",
    "TrainedBoosting",
    "calibration_deciles",
    "evaluate_methods",
    "fit_models",
    "order_probabilities",
    "pack_boosting",
    "score_customers",
    "score_types",
    "train_boosting",
    "unpack_boosting",
]
