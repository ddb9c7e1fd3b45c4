"""Predictions of rows that a model, or the whole choice of one, has not seen."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from python_ml.classification.calibration import build_model, fit_model, fit_prepared
from python_ml.classification.evaluation import measure_predictions, measure_ranking
from python_ml.classification.models import BASELINES, MODELS
from python_ml.classification.preparation import Columns
from python_ml.classification.splitting import split_latest, split_rows, split_to_calibrate
from python_ml.classification.tuning import search_parameters


@threadpool_limits.wrap(limits=1)
def predict_out_of_fold(
    training: pd.DataFrame,
    *,
    columns: Columns,
    models: Sequence[str] = MODELS,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    folds: int = 5,
    repeats: int = 2,
    calibrated: bool = True,
    seed: int = 42,
    progress: Callable[[str], None] = lambda sentence: None,
) -> pd.DataFrame:
    """Predict each row by models that did not see its customer; see `train_classifier`.

    Where there are several snapshots, the newest is predicted once more by models fitted on the
    older ones alone: the way in which the model will be used.

    Parameters
    ----------
    training : as `prepare_training` returns it.
    calibrated : False where the ranking is all that is asked for: no probabilities then.

    Returns
    -------
    One row per model, repeat (0 = newest snapshot from the older ones) and row predicted: `model`,
    `repeat`, `fold`, the key, the snapshot if any, `label`, `score`, which ranks, and
    `probability`, which is calibrated and known for the first repeat alone: further repeats serve
    to tell the spread of the ranking.

    References
    ----------
    Kohavi (1995), A study of cross-validation, IJCAI.

    Examples
    --------
    >>> from python_ml.classification import prepare_training
    >>> training = pd.DataFrame({"customer_id": range(120)})
    >>> training["gap"] = training["customer_id"] % 10
    >>> training["previous_period_orders"] = training["customer_id"] % 7
    >>> training["is_declined"] = training["gap"] > 6
    >>> columns = Columns(features=["gap"])
    >>> predictions = predict_out_of_fold(
    ...     prepare_training(training, columns=columns),
    ...     columns=columns,
    ...     models=["logistic_regression"],
    ...     folds=3,
    ...     repeats=1,
    ... )
    >>> predictions.groupby("model", sort=False).size().to_dict()
    {'logistic_regression': 120, 'previous_period_orders': 120, 'majority': 120}
    """
    label, groups = (training[name].to_numpy() for name in (columns.label, columns.key))
    splits = [
        (1 + number // folds, 1 + number % folds, fit, held_out)
        for number, (fit, held_out) in enumerate(
            split_rows(label, groups=groups, folds=folds, repeats=repeats, seed=seed)
        )
    ]
    splits += split_latest(training, columns=columns)
    keys = [columns.key, *([columns.snapshot] if columns.snapshot else [])]
    predictions = []
    for number, (repeat, fold, fit, held_out) in enumerate(splits, start=1):
        progress(f"cross-validating on {len(training):,} rows: split {number} of {len(splits)}")
        unseen = training.iloc[held_out]
        is_first = calibrated and repeat == 1
        # The same for every model of a fold.
        thirds = (
            split_to_calibrate(label[fit], groups=groups[fit], seed=seed) if is_first else None
        )
        # Models that look at the same columns share what prepares them.
        prepared: dict[bool, tuple] = {}
        for model in (*models, *BASELINES):
            pipeline = build_model(model, columns=columns, parameters=parameters, seed=seed)
            kind = model in BASELINES
            if kind not in prepared:
                seen = pipeline[0].fit_transform(training.iloc[fit])
                prepared[kind] = (pipeline[0], seen, pipeline[0].transform(unseen))
            prepare, seen, matrix = prepared[kind]
            fitted = fit_prepared(
                prepare,
                pipeline[-1],
                seen,
                label=label[fit],
                splits=thirds,
            )
            score = fitted.rank(matrix)
            predictions.append(
                unseen[keys].assign(
                    model=model,
                    repeat=repeat,
                    fold=fold,
                    label=label[held_out],
                    score=score,
                    probability=fitted.to_probability(score) if is_first else np.nan,
                )
            )
    return pd.concat(predictions, ignore_index=True)


@threadpool_limits.wrap(limits=1)
def measure_choice(
    training: pd.DataFrame,
    *,
    columns: Columns,
    models: Sequence[str] = MODELS,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    folds: int = 5,
    repeats: int = 4,
    trials: int = 0,
    min_gain: float = 0.01,
    seed: int = 42,
    progress: Callable[[str], None] = lambda sentence: None,
) -> pd.DataFrame:
    """Measure how well the chosen model predicts rows that played no part in the choice.

    The best of several measures is a lucky one. So hyper-parameters are searched, models compared
    by cross-validation, one chosen and fitted on the rows of the other folds alone, each time.

    Parameters
    ----------
    training : as `prepare_training` returns it.
    trials : of the search of each model's hyper-parameters; 0 takes `parameters` as they are.

    Returns
    -------
    One row per repeat and fold: `repeat`, `fold`, the `model` chosen and its `roc_auc` on the
    rows held out, missing where these are of one class.

    References
    ----------
    Varma, Simon (2006), Bias in error estimation when using cross-validation for model selection,
    BMC Bioinformatics 7.

    Examples
    --------
    >>> from python_ml.classification import prepare_training
    >>> training = pd.DataFrame({"customer_id": range(120)})
    >>> training["gap"] = training["customer_id"] % 10
    >>> training["previous_period_orders"] = training["customer_id"] % 7
    >>> training["is_declined"] = training["gap"] > 6
    >>> columns = Columns(features=["gap"])
    >>> measured = measure_choice(
    ...     prepare_training(training, columns=columns),
    ...     columns=columns,
    ...     models=["logistic_regression"],
    ...     folds=3,
    ...     repeats=1,
    ... )
    >>> measured["model"].unique().tolist(), measured["roc_auc"].round(3).tolist()
    (['logistic_regression'], [1.0, 1.0, 1.0])
    """
    label, groups = (training[name].to_numpy() for name in (columns.label, columns.key))
    rows = []
    for number, (fit, held_out) in enumerate(
        split_rows(label, groups=groups, folds=folds, repeats=repeats, seed=seed)
    ):
        place = {"repeat": 1 + number // folds, "fold": 1 + number % folds}
        progress(f"choosing without fold {place['fold']} of repeat {place['repeat']}")
        seen, unseen = training.iloc[fit].reset_index(drop=True), training.iloc[held_out]
        given = dict(parameters or {})
        if trials:
            given |= {
                model: search_parameters(
                    model,
                    rows=seen,
                    label=label[fit],
                    groups=groups[fit],
                    features=columns.features,
                    categories=columns.categories,
                    log_features=columns.log_features,
                    trials=trials,
                    seed=seed,
                )[0]
                for model in models
            }
        predictions = predict_out_of_fold(
            seen,
            columns=columns,
            models=models,
            parameters=given,
            folds=folds,
            repeats=1,
            calibrated=False,
            seed=seed,
        )
        evaluations = measure_predictions(predictions, min_gain=min_gain)
        chosen = str(evaluations.loc[evaluations["is_chosen"], "model"].iloc[0])
        fitted = fit_model(
            chosen, rows=seen, label=label[fit], columns=columns, parameters=given, seed=seed
        )
        held = unseen.assign(label=label[held_out], score=fitted.rank(fitted.prepare(unseen)))
        rows.append(place | {"model": chosen, "roc_auc": measure_ranking(held)["roc_auc"]})
    return pd.DataFrame(rows)
