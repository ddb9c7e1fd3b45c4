"""Training from end to end: compared, chosen, and fitted on all rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from python_ml.classification.calibration import fit_model
from python_ml.classification.choice import EVALUATION_TYPES, find_threshold
from python_ml.classification.evaluation import (
    DECILE_TYPES,
    measure_deciles,
    measure_predictions,
)
from python_ml.classification.importances import IMPORTANCE_TYPES, measure_importances
from python_ml.classification.models import BASELINES, MAJORITY, MODELS, NO_MODEL, Calibrated
from python_ml.classification.preparation import (
    Columns,
    drop_empty,
    find_reason_not_trained,
    find_typical,
    prepare_training,
)
from python_ml.classification.validation import predict_out_of_fold
from python_ml.frames import to_typed


@dataclass(frozen=True)
class TrainedClassifier:
    """A chosen model, fitted on all rows, with what was measured on the way to it.

    Attributes
    ----------
    model : its name; "majority" where nothing is ahead of guessing by more than chance, and
        "none" where nothing could be trained. Neither scores anybody.
    fitted : the pipeline and its calibration, None where nobody is scored.
    typical : a row of medians and, for categories, the most common.
    evaluations, deciles, importances : as `measure_predictions`, `measure_deciles` and
        `measure_importances` say.
    predictions : as `predict_out_of_fold` says, those of the model and the first repeat.
        Importances and predictions are empty where nobody is scored.
    """

    model: str
    columns: Columns
    fitted: Calibrated | None
    typical: pd.DataFrame
    evaluations: pd.DataFrame
    deciles: pd.DataFrame
    importances: pd.DataFrame
    predictions: pd.DataFrame


@threadpool_limits.wrap(limits=1)
def train_classifier(
    training: pd.DataFrame,
    *,
    columns: Columns,
    models: Sequence[str] = MODELS,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    folds: int = 5,
    repeats: int = 4,
    repeat_rows: int = 6_000,
    min_positives: int = 20,
    min_gain: float = 0.01,
    false_alarm_cost: float = 1,
    miss_cost: float = 1,
    max_rows: int = 10_000,
    permutations: int = 3,
    seed: int = 42,
    progress: Callable[[str], None] = lambda sentence: None,
) -> TrainedClassifier:
    """Compare the models with the baselines, choose one, and fit it on all rows.

    Where nothing is ahead of guessing by more than chance, nothing is fitted: noise has no
    probabilities, no reasons and no features that matter.

    Imputing, encoding, scaling, calibrating and fitting all happen inside a fold. A feature
    without any value is left out.

    Parameters
    ----------
    training : one row per customer, or per customer and snapshot: the `columns`.
    models : those of MODELS to compare.
    parameters : hyper-parameters by model, over the defaults.
    repeats, repeat_rows : of the cross-validation; fewer, but two, where the rows times the
        repeats would be more than `repeat_rows`, since the spread between folds is then small.
    min_positives : fewest customers of either class to train on; at least one a fold.
    min_gain : as in `choose_classifier`.
    false_alarm_cost, miss_cost : of a customer predicted wrongly, and of one not predicted; see
        `find_threshold`.
    max_rows : with more rows the models see those of randomly sampled customers.
    permutations : of each feature in each held-out fold, for its importance.
    progress : gets what is being done, split by split.

    Returns
    -------
    The chosen model, fitted, and what was measured on the way to it.

    Raises
    ------
    ValueError : a column is missing or not numeric, a key is missing, a label is neither true nor
        false, or a model or a parameter is unknown.

    Examples
    --------
    >>> training = pd.DataFrame({"customer_id": range(120)})
    >>> training["gap"] = training["customer_id"] % 10
    >>> training["previous_period_orders"] = training["customer_id"] % 7
    >>> training["is_declined"] = training["gap"] > 6
    >>> trained = train_classifier(
    ...     training, columns=Columns(features=["gap"]), models=["logistic_regression"], folds=3
    ... )
    >>> trained.model, len(trained.predictions)
    ('logistic_regression', 120)
    """
    training = prepare_training(training, columns=columns, max_rows=max_rows, seed=seed)
    columns = drop_empty(training, columns=columns)
    reason_not_trained = find_reason_not_trained(
        training, columns=columns, min_positives=max(min_positives, folds)
    )
    typical = find_typical(training, columns=columns)
    if reason_not_trained:
        return _train_nothing(
            training, columns=columns, typical=typical, reason_not_trained=reason_not_trained
        )
    predictions = predict_out_of_fold(
        training,
        columns=columns,
        models=models,
        parameters=parameters,
        folds=folds,
        repeats=min(repeats, max(2, repeat_rows // len(training))),
        seed=seed,
        progress=progress,
    )
    threshold = find_threshold(false_alarm_cost=false_alarm_cost, miss_cost=miss_cost)
    evaluations = measure_predictions(
        predictions,
        threshold=threshold,
        false_alarm_cost=false_alarm_cost,
        miss_cost=miss_cost,
        min_gain=min_gain,
    )
    chosen = str(evaluations.loc[evaluations["is_chosen"], "model"].iloc[0])
    compared = {
        "columns": columns,
        "typical": typical,
        "evaluations": evaluations,
        "deciles": measure_deciles(predictions),
    }
    if chosen == MAJORITY:
        return _score_nobody(MAJORITY, **compared)
    best = evaluations[~evaluations["is_baseline"]]
    best = str(best.loc[best["roc_auc"].idxmax(), "model"])
    fitted = fit_model(
        chosen,
        rows=training,
        label=training[columns.label].to_numpy(),
        groups=training[columns.key].to_numpy(),
        columns=columns,
        parameters=parameters,
        seed=seed,
    )
    return TrainedClassifier(
        model=chosen,
        fitted=fitted,
        **compared,
        importances=measure_importances(
            training,
            columns=columns,
            model=best if chosen in BASELINES else chosen,
            parameters=parameters,
            folds=folds,
            permutations=permutations,
            seed=seed,
        ),
        predictions=predictions[
            (predictions["model"] == chosen) & (predictions["repeat"] == 1)
        ].reset_index(drop=True),
    )


def _train_nothing(
    training: pd.DataFrame, *, columns: Columns, typical: pd.DataFrame, reason_not_trained: str
) -> TrainedClassifier:
    row = {"model": NO_MODEL, "is_baseline": False, "is_chosen": True, "is_accepted": False}
    totals = {"rows": len(training), "positives": int(training[columns.label].sum())}
    evaluations = to_typed([row | totals | {"reason": reason_not_trained}], types=EVALUATION_TYPES)
    return _score_nobody(
        NO_MODEL,
        columns=columns,
        typical=typical,
        evaluations=evaluations,
        deciles=to_typed([], types=DECILE_TYPES),
    )


def _score_nobody(model: str, *, columns: Columns, **measured: pd.DataFrame) -> TrainedClassifier:
    """Return what was measured, and nothing that could score anybody."""
    return TrainedClassifier(
        model=model,
        columns=columns,
        fitted=None,
        importances=to_typed([], types=IMPORTANCE_TYPES),
        predictions=pd.DataFrame({columns.key: [], "probability": []}),
        **measured,
    )
