"""Who will do it: classifiers next to the baselines they must beat, and reasons for each score.

`prepare_training` makes ready, and `train_classifier` does all of what follows: models
(`build_pipeline`, `fit_pipeline`, `search_parameters`) are compared by rows that they have not
seen (`split_rows`, `predict_out_of_fold`), measured (`measure_predictions`, `measure_deciles`,
`measure_importances`) and chosen by the rule of `choose_classifier`; `measure_choice` measures
how good that choice is. `score_customers` gives scores and reasons, `predict` scores alone.
"""

from python_ml.classification.calibration import fit_pipeline
from python_ml.classification.choice import (
    CHOICE_RULE,
    EVALUATION_TYPES,
    GUESSING,
    choose_classifier,
    find_threshold,
)
from python_ml.classification.evaluation import (
    BAND,
    DECILE_TYPES,
    N_DECILES,
    measure_deciles,
    measure_predictions,
)
from python_ml.classification.fitting import TrainedClassifier, train_classifier
from python_ml.classification.importances import IMPORTANCE_TYPES, measure_importances
from python_ml.classification.models import (
    BASELINES,
    DEFAULT_PARAMETERS,
    MAJORITY,
    MODELS,
    NO_MODEL,
    READABLE,
    UNKNOWN,
    Calibrated,
    build_pipeline,
)
from python_ml.classification.preparation import (
    Columns,
    find_reason_not_trained,
    prepare_training,
)
from python_ml.classification.scoring import N_REASONS, SCORE_TYPES, predict, score_customers
from python_ml.classification.splitting import split_rows
from python_ml.classification.tuning import SEARCH_SPACES, search_parameters
from python_ml.classification.validation import measure_choice, predict_out_of_fold

__all__ = [
    "BAND",
    "BASELINES",
    "CHOICE_RULE",
    "DECILE_TYPES",
    "DEFAULT_PARAMETERS",
    "EVALUATION_TYPES",
    "GUESSING",
    "IMPORTANCE_TYPES",
    "MAJORITY",
    "MODELS",
    "NO_MODEL",
    "N_DECILES",
    "N_REASONS",
    "READABLE",
    "SCORE_TYPES",
    "SEARCH_SPACES",
    "UNKNOWN",
    "Calibrated",
    "Columns",
    "TrainedClassifier",
    "build_pipeline",
    "choose_classifier",
    "find_reason_not_trained",
    "find_threshold",
    "fit_pipeline",
    "measure_choice",
    "measure_deciles",
    "measure_importances",
    "measure_predictions",
    "predict",
    "predict_out_of_fold",
    "prepare_training",
    "score_customers",
    "search_parameters",
    "split_rows",
    "train_classifier",
]
