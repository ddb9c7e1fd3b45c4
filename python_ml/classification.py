"""Who will do it: classifiers next to the baselines they must beat, and reasons for each score."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    roc_auc_score,
)
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from python_ml.chance import find_chance_factor, find_ranking_error
from python_ml.classifiers import (
    BASELINES,
    MODELS,
    READABLE,
    UNKNOWN,
    Calibrated,
    build_pipeline,
    fit_pipeline,
    fit_prepared,
    search_parameters,
    split_rows,
    split_to_calibrate,
)
from python_ml.frames import check_columns, key_type, sort_by_key, to_floats, to_typed

NO_MODEL = "none"
"""The model where nothing can be learned: whoever uses the scores falls back to a rule."""

MAJORITY = "majority"
"""The baseline that gives everyone the same probability. Where it is chosen nobody is scored."""

GUESSING = 0.5
"""The ROC-AUC of whoever tells nobody from anybody."""

CHOICE_RULE = 2
"""Raised when what `choose_classifier` accepts changes, so that earlier choices are made again."""

BAND = 0.995
"""How often a share that is predicted rightly lies in its binomial band."""

N_REASONS = 3
N_DECILES = 10
_CHUNK_ROWS = 200_000

EVALUATION_TYPES = {
    "model": "str",
    "is_baseline": "bool",
    "roc_auc": "float64",
    "roc_auc_sd": "float64",
    "roc_auc_se": "float64",
    "out_of_time_roc_auc": "float64",
    "gain": "float64",
    "gain_se": "float64",
    "shortfall": "float64",
    "shortfall_se": "float64",
    "pr_auc": "float64",
    "f1": "float64",
    "brier": "float64",
    "log_loss": "float64",
    "calibration_error": "float64",
    "cost": "float64",
    "rows": "int64",
    "positives": "int64",
    "is_chosen": "bool",
    "is_accepted": "bool",
    "reason": "str",
}

DECILE_TYPES = {
    "model": "str",
    "decile": "int64",
    "rows": "int64",
    "positives": "int64",
    "probability": "float64",
    "lowest": "float64",
    "highest": "float64",
}

IMPORTANCE_TYPES = {
    "model": "str",
    "feature": "str",
    "importance": "float64",
    "importance_sd": "float64",
    "rank": "int64",
}

_REASON_TYPES = {
    "feature": "str",
    "value": "float64",
    "typical": "float64",
    "word": "str",
    "typical_word": "str",
}

SCORE_TYPES = {"probability": "float64", "model": "str"} | {
    f"{column}_{place}": dtype
    for place in range(1, N_REASONS + 1)
    for column, dtype in _REASON_TYPES.items()
}


@dataclass(frozen=True)
class Columns:
    """Which columns of a frame mean what.

    Attributes
    ----------
    features : numbers; those in `log_features` are taken as sign(x) ln(1 + |x|).
    categories : texts.
    label : true, false, 1 or 0; rows without one are left out of the training.
    level : the feature that the baseline "previous_period_orders" looks at alone.
    key : whose row it is; several rows of one key stay in one fold together.
    snapshot : when the row was taken (a timestamp), None where all are of one day.
    """

    features: list[str]
    categories: list[str] = field(default_factory=list)
    log_features: list[str] = field(default_factory=list)
    label: str = "is_declined"
    level: str = "previous_period_orders"
    key: str = "customer_id"
    snapshot: str | None = None

    def of(self, model: str) -> dict[str, list[str]]:
        """Return the features and categories that a model or baseline looks at."""
        if model in BASELINES:
            return {"features": [self.level], "categories": []}
        return {"features": self.features, "categories": self.categories}

    @property
    def numbers(self) -> list[str]:
        """Features and level, each once."""
        return list(dict.fromkeys([*self.features, self.level]))


@dataclass(frozen=True)
class TrainedClassifier:
    """A chosen model, fitted on all rows, with what was measured on the way to it.

    Attributes
    ----------
    model : its name; "majority" where nothing is ahead of guessing by more than chance, and "none"
        where nothing could be learned. Neither scores anybody.
    fitted : the pipeline and its calibration, None where nobody is scored.
    usual : a row of medians and, for categories, the most common.
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
    min_positives : fewest customers of either class that something can be learned from; at least
        one a fold.
    min_gain : as in `choose_classifier`.
    false_alarm_cost, miss_cost : of a customer predicted wrongly, and of one not predicted; see
        `find_threshold`.
    max_rows : with more rows the models see those of randomly drawn customers.
    permutations : of each feature in each held-out fold, for its importance.
    progress : told what is being done, split by split.

    Raises
    ------
    ValueError : a column is missing or not numeric, a key is missing, a label is neither true nor
        false, or a model or a parameter is unknown.
    """
    training = prepare_training(training, columns=columns, max_rows=max_rows, seed=seed)
    columns = _drop_empty(training, columns=columns)
    reason_not_trained = find_reason_not_trained(
        training, columns=columns, min_positives=max(min_positives, folds)
    )
    typical = _find_typical(training, columns=columns)
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
    fitted = _fit_model(
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


def prepare_training(
    training: pd.DataFrame, *, columns: Columns, max_rows: int | None = None, seed: int = 42
) -> pd.DataFrame:
    """Labelled rows as floats, texts and 0/1, in an order that depends on their content alone.

    Equal rows are one row. With more than `max_rows`, those of randomly drawn customers are kept.

    Raises
    ------
    ValueError : as in `train_classifier`.
    """
    key, label = columns.key, columns.label
    snapshot = [columns.snapshot] if columns.snapshot else []
    check_columns(
        training,
        columns=[
            *(key, label, *snapshot),
            *(*columns.numbers, *columns.categories, *columns.log_features),
        ],
        name="training",
    )
    training = training.reset_index(drop=True)
    prepared = to_floats(training, columns=[*columns.numbers, label]).join(
        _to_texts(training, columns=columns.categories)
    )
    prepared[[key, *snapshot]] = training[[key, *snapshot]]
    prepared = prepared[prepared[label].notna()]
    strange = prepared.loc[~prepared[label].isin([0, 1]), label]
    if not strange.empty:
        raise ValueError(f"{label} must be true or false, not {strange.iloc[0]:g}")
    order = [*snapshot, *columns.numbers, *columns.categories, label]
    prepared = sort_by_key(prepared, key=key, name="training", then_by=order)
    prepared = prepared.drop_duplicates(ignore_index=True).astype({label: "int64"})
    if max_rows and len(prepared) > max_rows:
        keys = prepared[key].drop_duplicates().sample(frac=1, random_state=seed)
        counts = prepared[key].value_counts().reindex(keys).cumsum()
        drawn = prepared[key].isin(counts.index[counts <= max_rows])
        prepared = prepared[drawn].reset_index(drop=True)
    return prepared


def find_reason_not_trained(
    training: pd.DataFrame, *, columns: Columns, min_positives: int
) -> str | None:
    """Say why nothing can be learned from prepared rows, if so.

    Snapshots of one customer count once.
    """
    if training.empty:
        return "No model: there are no labelled rows."
    if not columns.features and not columns.categories:
        return "No model: no feature has a value."
    customers = training.groupby(columns.label)[columns.key].nunique()
    customers = customers.reindex([1, 0], fill_value=0)
    if customers.min() >= min_positives:
        return None
    return (
        f"No model: {customers[1]} customers with {columns.label} and {customers[0]} without are "
        f"too few; each takes at least {min_positives}."
    )


def find_threshold(*, false_alarm_cost: float, miss_cost: float) -> float:
    """Probability from which acting costs less than not acting.

    References
    ----------
    Elkan (2001), The foundations of cost-sensitive learning, IJCAI, equation 2.
    """
    if min(false_alarm_cost, miss_cost) <= 0:
        raise ValueError(f"costs must be positive, not {false_alarm_cost} and {miss_cost}")
    return false_alarm_cost / (false_alarm_cost + miss_cost)


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
    One row per model, repeat (0 = newest snapshot from the older ones) and
    row predicted: `model`, `repeat`, `fold`, the key, the snapshot if any, `label`, `score`, which
    ranks, and `probability`, which is calibrated and known for the first repeat alone: further
    repeats serve to tell the spread of the ranking.

    References
    ----------
    Kohavi (1995), A study of cross-validation, IJCAI.
    """
    label, groups = (training[name].to_numpy() for name in (columns.label, columns.key))
    splits = [
        (1 + number // folds, 1 + number % folds, fit, held_out)
        for number, (fit, held_out) in enumerate(
            split_rows(label, groups=groups, folds=folds, repeats=repeats, seed=seed)
        )
    ]
    splits += _split_latest(training, columns=columns)
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
            pipeline = _build(model, columns=columns, parameters=parameters, seed=seed)
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
    """Measure how well whatever is chosen predicts rows that had no part in the choice.

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
        fitted = _fit_model(
            chosen, rows=seen, label=label[fit], columns=columns, parameters=given, seed=seed
        )
        held = unseen.assign(label=label[held_out], score=fitted.rank(fitted.prepare(unseen)))
        rows.append(place | {"model": chosen, "roc_auc": _measure_ranking(held)["roc_auc"]})
    return pd.DataFrame(rows)


def measure_predictions(
    predictions: pd.DataFrame,
    *,
    threshold: float = 0.5,
    false_alarm_cost: float = 1,
    miss_cost: float = 1,
    min_gain: float = 0.01,
) -> pd.DataFrame:
    """Measure each model by its out-of-fold predictions, and choose.

    Parameters
    ----------
    predictions : as `predict_out_of_fold` returns them.
    threshold : probability from which a row is predicted to be positive.
    false_alarm_cost, miss_cost : of a row predicted wrongly, and of a positive not predicted.
    min_gain : as in `choose_classifier`.

    Returns
    -------
    One row per model, in the order given: means over all folds of `roc_auc` (with `roc_auc_sd`,
    the standard deviation between folds), `pr_auc` (average precision) and, over the folds of the
    first repeat, `f1`, `brier`, `log_loss` and `cost` (of a row); `calibration_error`, the mean
    distance of predicted and true share over deciles of the first repeat's probabilities (these
    are missing where there are no probabilities);
    `out_of_time_roc_auc`, of the newest snapshot predicted from older ones; `gain` of ROC-AUC over
    the best baseline and `shortfall` behind the best model, fold by fold; `roc_auc_se`, `gain_se`
    and `shortfall_se`, standard errors corrected for folds that share rows, the first never less
    than `find_ranking_error` gives; `rows` and `positives`; `is_chosen`, `is_accepted` and
    `reason` as `choose_classifier` says.

    References
    ----------
    Brier (1950), Mon. Weather Rev. 78. Nadeau, Bengio (2003), Inference for the generalization
    error, Mach. Learn. 52: the corrected error.
    """
    order = predictions["model"].drop_duplicates().tolist()
    folded = predictions[predictions["repeat"] > 0]
    by_fold = [
        {"model": model, "repeat": repeat, "fold": fold}
        | _measure_ranking(part)
        | _measure_probabilities(
            part,
            threshold=threshold,
            false_alarm_cost=false_alarm_cost,
            miss_cost=miss_cost,
        )
        for (model, repeat, fold), part in folded.groupby(["model", "repeat", "fold"], sort=False)
    ]
    measures = pd.DataFrame(by_fold)
    auc = measures.pivot(index=["repeat", "fold"], columns="model", values="roc_auc")[order]
    means = measures.drop(columns=["repeat", "fold"]).groupby("model").mean().loc[order]
    # A fold's rows over those it was fitted on, and the folds there are.
    correction = np.sqrt(1 / len(auc) + 1 / (folded["fold"].nunique() - 1))
    baseline = means.loc[list(BASELINES), "roc_auc"].idxmax()
    best = means.drop(index=list(BASELINES))["roc_auc"].idxmax()
    gain, shortfall = auc.sub(auc[baseline], axis=0), -auc.sub(auc[best], axis=0)
    later = predictions[predictions["repeat"] == 0]
    first = folded[(folded["repeat"] == 1) & (folded["model"] == order[0])]
    deciles = measure_deciles(predictions)
    error = (deciles["positives"] / deciles["rows"] - deciles["probability"]).abs()
    evaluations = means.assign(
        is_baseline=means.index.isin(BASELINES),
        roc_auc_sd=auc.std(),
        # Ranks that mean nothing spread by so much; folds that seem to spread less are lucky too.
        roc_auc_se=np.fmax(
            auc.std() * correction,
            find_ranking_error(rows=len(first), positives=int(first["label"].sum())),
        ).where(means.index != MAJORITY, 0),
        out_of_time_roc_auc=pd.Series(
            {
                model: _measure_ranking(part)["roc_auc"]
                for model, part in later.groupby("model", sort=False)
            },
            dtype=float,
        ),
        gain=gain.mean(),
        gain_se=gain.std() * correction,
        shortfall=shortfall.mean(),
        shortfall_se=shortfall.std() * correction,
        calibration_error=error.groupby(deciles["model"]).mean(),
        rows=len(first),
        positives=int(first["label"].sum()),
    )
    return choose_classifier(
        evaluations.reset_index(names="model"), min_gain=min_gain, folds=len(auc)
    )


def choose_classifier(
    evaluations: pd.DataFrame, *, min_gain: float = 0.01, folds: int | None = None
) -> pd.DataFrame:
    """Choose the best model, or one that can be read, if it knows more than the baselines.

    Whatever is chosen must be ahead of guessing by more than chance: the baseline that knows
    something like any model. A model must be as far ahead of the best baseline as well. A model of
    READABLE within one standard error of the best one is preferred to it. Where the model does not
    pass the baseline is asked, and where that does not pass, MAJORITY is chosen: nobody is scored.

    Parameters
    ----------
    evaluations : one row per model, baselines included, with `model`, `is_baseline`, `roc_auc` and
        the standard errors of its distance to guessing, `roc_auc_se`, to the best baseline,
        `gain_se`, and to the best model, `shortfall_se`. What has no standard error has no proof.
    min_gain : what ROC-AUC must be ahead by, exclusive; more where chance reaches more, which is
        `find_chance_factor` standard errors of all that is compared with guessing.
    folds : that were measured; None for many.

    Returns
    -------
    `evaluations` with `is_chosen` (one row), `is_accepted` (that row, unless it is MAJORITY) and
    `reason` (a sentence with the numbers).

    References
    ----------
    Breiman, Friedman, Olshen, Stone (1984), Classification and regression trees: the rule of one
    standard error.
    """
    auc = evaluations["roc_auc"].fillna(-np.inf)
    name = evaluations["model"]
    is_baseline = evaluations["is_baseline"].astype("bool")
    guessing = name.index[name == MAJORITY][0]
    baseline, best = auc[is_baseline].idxmax(), auc[~is_baseline].idxmax()
    tolerance = evaluations["shortfall_se"].fillna(0)
    is_readable = evaluations["model"].isin(READABLE) & (auc >= auc[best] - tolerance)
    model = auc[is_readable].idxmax() if is_readable.any() else best

    factor = find_chance_factor(candidates=len(evaluations) - 1, folds=folds)
    # The first comparison that is not passed is the one to name.
    errors = {baseline: "gain_se"} if baseline != guessing else {}
    required = {
        rival: np.maximum(min_gain, factor * evaluations[error])
        for rival, error in ({guessing: "roc_auc_se"} | errors).items()
    }
    # A comparison with an unknown error is false, and so not passed.
    unbeaten = {
        row: [rival for rival in required if not auc[row] - auc[rival] > required[rival][row]]
        for row in (model, baseline)
    }
    if not unbeaten[model]:
        chosen = model
    else:
        chosen = guessing if guessing in unbeaten[baseline] else baseline

    whose = {model: "the model to choose", baseline: "the best baseline", guessing: "guessing"}

    def compare(row: Any, rival: Any, least: float) -> str:
        gain = 0.0 if np.isinf(auc[[row, rival]]).all() else auc[row] - auc[rival]
        return (
            f"ROC-AUC {auc[row]:.3f} is {abs(gain):.3f} {'above' if gain >= 0 else 'below'} that "
            f"of {whose[rival]}, {name[rival]} ({auc[rival]:.3f}); "
        ) + (
            "the spread between folds is unknown."
            if np.isnan(least)
            else f"the model must be more than {least:.3f} ahead."
        )

    def explain(row: Any) -> str:
        if row == model:
            rival = (unbeaten[model] or [baseline])[0]
            return ": " + compare(row, rival, required[rival][row])
        if row == guessing == chosen:
            rival = unbeaten[model][0]
            told = compare(model, rival, required[rival][model])
            return f", so nobody is scored: {name[model]} with {told}"
        if row == guessing:
            return ": " + compare(row, chosen, required[guessing][chosen])
        if is_baseline[row]:
            is_guess = not auc[row] - GUESSING > required[guessing][row]
            rival, requested = (guessing, row) if is_guess else (model, model)
            return ": " + compare(
                row, rival, required[guessing if is_guess else baseline][requested]
            )
        if row == best:
            return (
                f": ROC-AUC {auc[row]:.3f} is the best, but no more than a standard error ahead "
                f"of that of {name[model]} ({auc[model]:.3f}), which can be read."
            )
        return (
            f": ROC-AUC {auc[row]:.3f} is {auc[best] - auc[row]:.3f} behind the best, "
            f"{name[best]} ({auc[best]:.3f}); a standard error is {tolerance[row]:.3f}."
        )

    is_chosen = evaluations.index == chosen
    return to_typed(
        evaluations.assign(
            is_chosen=is_chosen,
            is_accepted=is_chosen & (name != MAJORITY),
            reason=[
                ("Chosen" if row == chosen else "Not chosen") + explain(row)
                for row in evaluations.index
            ],
        ),
        types=EVALUATION_TYPES,
    )


def measure_deciles(predictions: pd.DataFrame) -> pd.DataFrame:
    """Predicted and true shares by deciles of the first repeat's pooled predictions.

    Parameters
    ----------
    predictions : as `predict_out_of_fold` returns them; those without a probability are left out.

    Returns
    -------
    One row per model and decile, 1 = the highest probabilities, ties in the order of the rows:
    `rows`, `positives`, the mean `probability`, and `lowest` and `highest`, between which the
    share of positives lies with a probability of BAND if that mean is right (exact binomial).
    """
    first = predictions[(predictions["repeat"] == 1) & predictions["probability"].notna()]
    place = first.groupby("model", sort=False)["probability"].rank(method="first", ascending=False)
    size = first.groupby("model", sort=False)["probability"].transform("size")
    decile = (N_DECILES * (place - 1) // size + 1).astype("int64")
    deciles = (
        first.assign(decile=decile)
        .groupby(["model", "decile"], sort=False)
        .agg(
            rows=("label", "size"), positives=("label", "sum"), probability=("probability", "mean")
        )
        .reset_index()
        .sort_values(["model", "decile"], ignore_index=True)
    )
    tail = (1 - BAND) / 2
    rows, share = deciles["rows"], deciles["probability"].clip(0, 1)
    return to_typed(
        deciles.assign(
            lowest=binom.ppf(tail, rows, share) / rows,
            highest=binom.ppf(1 - tail, rows, share) / rows,
        ),
        types=DECILE_TYPES,
    )


@threadpool_limits.wrap(limits=1)
def measure_importances(
    training: pd.DataFrame,
    *,
    columns: Columns,
    model: str,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    folds: int = 5,
    permutations: int = 3,
    seed: int = 42,
) -> pd.DataFrame:
    """Measure how much ROC-AUC a model loses when a feature is permuted.

    Parameters
    ----------
    training : as `prepare_training` returns it.
    permutations : of each feature in each held-out fold.

    Returns
    -------
    One row per feature or category: the `model`, `importance` (mean loss of ROC-AUC on held-out
    folds),
    `importance_sd` (between permutations and folds) and `rank` (1 = most important, ties by
    name), by rank.

    References
    ----------
    Breiman (2001), Random forests, Mach. Learn. 45.
    """
    label, groups = (training[name].to_numpy() for name in (columns.label, columns.key))
    generator = np.random.default_rng(seed)
    losses: dict[str, list[float]] = {
        name: [] for names in columns.of(model).values() for name in names
    }
    for fit, held_out in split_rows(label, groups=groups, folds=folds, seed=seed):
        truth = label[held_out]
        if len(np.unique(truth)) < 2:
            continue
        fitted = _fit_model(
            model,
            rows=training.iloc[fit],
            label=label[fit],
            columns=columns,
            parameters=parameters,
            seed=seed,
        )
        prepared = fitted.prepare(training.iloc[held_out])
        whole = roc_auc_score(truth, fitted.rank(prepared))
        for name, places in fitted.places.items():
            variants = []
            for _ in range(permutations):
                variant = prepared.copy()
                variant[:, places] = prepared[generator.permutation(len(truth))][:, places]
                variants.append(variant)
            scores = fitted.rank(np.concatenate(variants)).reshape(permutations, -1)
            losses[name] += [whole - roc_auc_score(truth, score) for score in scores]
    importances = pd.DataFrame(
        {
            "feature": list(losses),
            "importance": [np.mean(loss) for loss in losses.values()],
            "importance_sd": [np.std(loss) for loss in losses.values()],
        }
    ).sort_values(["importance", "feature"], ascending=[False, True], ignore_index=True)
    return to_typed(
        importances.assign(model=model, rank=importances.index + 1), types=IMPORTANCE_TYPES
    )


@threadpool_limits.wrap(limits=1)
def score_customers(
    current: pd.DataFrame, *, trained: TrainedClassifier, max_reasons: int = 50_000
) -> pd.DataFrame:
    """Score customers with a trained model, and say what raises each score.

    A reason is a feature whose usual value, in the place of the customer's own, would lower the
    model's score; the strongest is that which would lower it most. A missing value is never a
    reason, whether it is imputed or a category of its own. It works alike for every model.

    Parameters
    ----------
    current : one row per customer: the key, features and categories of the model. A category that
        the model has not seen is taken as none of those it knows.
        A customer on whose outcome of the same snapshot the model was fitted gets the probability
        from out of the fold, since a model knows its own answers.
    max_reasons : so many customers get reasons, those of the highest score.

    Returns
    -------
    One row per customer of `current`, ordered by key: the key, `probability`, `model`, and three
    reasons, strongest first, ties by name: `feature_1` with the customer's `value_1` and the
    `typical_1` (medians of the training), or for a category `word_1` and `typical_word_1` (the
    most common), and so on; null where fewer than three raise the score. No rows where nothing was
    accepted.

    Raises
    ------
    ValueError : a column is missing or not numeric, or a key is missing or occurs twice.
    """
    columns = trained.columns
    names = columns.of(trained.model)
    check_columns(
        current, columns=[columns.key, *names["features"], *names["categories"]], name="current"
    )
    types = {columns.key: key_type(current, key=columns.key)} | SCORE_TYPES
    current = sort_by_key(current, key=columns.key, name="current")
    if trained.fitted is None or current.empty:
        return to_typed([], types=types)
    values = _take_features(current, trained=trained)
    ranking = _rank(values, trained=trained)
    probability = _leave_out_own_outcome(
        current, trained.fitted.to_probability(ranking), trained=trained
    )
    scores = pd.DataFrame(
        {columns.key: current[columns.key], "probability": probability, "model": trained.model}
    )
    highest = np.sort(np.argsort(-ranking, kind="stable")[:max_reasons])
    scores = scores.join(
        _find_reasons(values.iloc[highest], ranking=ranking[highest], trained=trained)
    )
    return to_typed(scores, types=types)


@threadpool_limits.wrap(limits=1)
def predict(current: pd.DataFrame, *, trained: TrainedClassifier) -> np.ndarray:
    """Return the probabilities of `score_customers` in the order of the rows, without reasons.

    Raises
    ------
    ValueError : nothing was accepted, or a column is missing or not numeric.
    """
    if trained.fitted is None:
        raise ValueError(f"the model {trained.model} predicts nothing")
    names = trained.columns.of(trained.model)
    check_columns(
        current,
        columns=[trained.columns.key, *names["features"], *names["categories"]],
        name="current",
    )
    if current.empty:
        return np.array([])
    ranking = _rank(_take_features(current, trained=trained), trained=trained)
    return _leave_out_own_outcome(current, trained.fitted.to_probability(ranking), trained=trained)


def _take_features(current: pd.DataFrame, *, trained: TrainedClassifier) -> pd.DataFrame:
    """Give what the model looks at as floats and texts."""
    names = trained.columns.of(trained.model)
    return to_floats(current, columns=names["features"]).join(
        _to_texts(current, columns=names["categories"])
    )


def _rank(values: pd.DataFrame, *, trained: TrainedClassifier) -> np.ndarray:
    """Give the model's ranking of prepared rows, by chunks."""
    starts = range(0, len(values), _CHUNK_ROWS)
    return np.concatenate(
        [
            trained.fitted.rank(trained.fitted.prepare(values.iloc[start : start + _CHUNK_ROWS]))
            for start in starts
        ]
    )


def _fit_model(
    model: str,
    *,
    rows: pd.DataFrame,
    label: np.ndarray,
    columns: Columns,
    parameters: Mapping[str, Mapping[str, Any]] | None,
    seed: int,
    groups: np.ndarray | None = None,
) -> Calibrated:
    """Fit one model on what it looks at; see `fit_pipeline`."""
    pipeline = _build(model, columns=columns, parameters=parameters, seed=seed)
    return fit_pipeline(pipeline, rows=rows, label=label, groups=groups, seed=seed)


def _build(
    model: str,
    *,
    columns: Columns,
    parameters: Mapping[str, Mapping[str, Any]] | None,
    seed: int,
) -> Pipeline:
    return build_pipeline(
        model,
        **columns.of(model),
        log_features=columns.log_features,
        parameters=(parameters or {}).get(model),
        seed=seed,
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


def _to_texts(frame: pd.DataFrame, *, columns: Sequence[str]) -> pd.DataFrame:
    """Give categories as texts; a missing one is UNKNOWN."""
    return pd.DataFrame(
        {
            column: frame[column].astype(object).where(frame[column].notna(), UNKNOWN).astype(str)
            for column in columns
        },
        index=frame.index,
    ).astype(object)


def _drop_empty(training: pd.DataFrame, *, columns: Columns) -> Columns:
    """Leave out features without any value; a log or a level of nothing is nothing."""
    features = [name for name in columns.features if training[name].notna().any()]
    categories = [name for name in columns.categories if (training[name] != UNKNOWN).any()]
    return Columns(**{**columns.__dict__, "features": features, "categories": categories})


def _find_typical(training: pd.DataFrame, *, columns: Columns) -> pd.DataFrame:
    """One row: medians of the numbers, the most common of each category (ties by name)."""
    numbers = training[columns.numbers].median()
    words = {
        name: training.loc[training[name] != UNKNOWN, name].mode().min()
        for name in columns.categories
        if len(training)
    }
    return pd.DataFrame([numbers.to_dict() | words])


def _split_latest(
    training: pd.DataFrame, *, columns: Columns
) -> list[tuple[int, int, np.ndarray, np.ndarray]]:
    """Fit on the older snapshots, hold out the newest; nothing where either has one class."""
    if not columns.snapshot:
        return []
    is_newest = (training[columns.snapshot] == training[columns.snapshot].max()).to_numpy()
    label = training[columns.label].to_numpy()
    # Twenty cases are what a calibration and a ranking take.
    if any(np.bincount(label[part], minlength=2).min() < 20 for part in (is_newest, ~is_newest)):
        return []
    return [(0, 0, np.flatnonzero(~is_newest), np.flatnonzero(is_newest))]


def _measure_ranking(part: pd.DataFrame) -> dict[str, float]:
    """ROC-AUC and average precision; missing where there is one class only."""
    if part["label"].nunique() < 2:
        return {"roc_auc": np.nan, "pr_auc": np.nan}
    return {
        "roc_auc": float(roc_auc_score(part["label"], part["score"])),
        "pr_auc": float(average_precision_score(part["label"], part["score"])),
    }


def _measure_probabilities(
    part: pd.DataFrame, *, threshold: float, false_alarm_cost: float, miss_cost: float
) -> dict[str, float]:
    """Measures of calibrated probabilities; missing in repeats without them."""
    if part["probability"].isna().any():
        return dict.fromkeys(["f1", "brier", "log_loss", "cost"], np.nan)
    truth, probability = part["label"], part["probability"]
    predicted = probability >= threshold
    false_alarms = (predicted & (truth == 0)).mean()
    misses = (~predicted & (truth == 1)).mean()
    return {
        "f1": float(f1_score(truth, predicted, zero_division=0)),
        "brier": float(brier_score_loss(truth, probability, pos_label=1)),
        "log_loss": float(log_loss(truth, probability, labels=[0, 1])),
        "cost": float(false_alarm_cost * false_alarms + miss_cost * misses),
    }


def _leave_out_own_outcome(
    current: pd.DataFrame, probability: np.ndarray, *, trained: TrainedClassifier
) -> np.ndarray:
    """Give whom the model was fitted on, on the same day, the probability from out of the fold."""
    key, snapshot = trained.columns.key, trained.columns.snapshot
    if not {key, snapshot} <= set(current.columns):
        return probability
    known = trained.predictions
    known = known[known[snapshot].isin(current[snapshot].unique())]
    if known.empty:
        return probability
    # Keys are compared as texts, whatever type they come in today.
    places, requested = (
        pd.MultiIndex.from_arrays([frame[key].astype(str), frame[snapshot]])
        for frame in (known, current)
    )
    # Rows of one customer and day that differ otherwise share a prediction.
    known = pd.Series(known["probability"].to_numpy(), index=places).groupby(level=[0, 1]).mean()
    own = known.reindex(requested).to_numpy()
    return np.where(np.isnan(own), probability, own)


def _find_reasons(
    values: pd.DataFrame, *, ranking: np.ndarray, trained: TrainedClassifier
) -> pd.DataFrame:
    """Name the features that raise each customer's score most; see `score_customers`."""
    fitted, typical = trained.fitted, trained.typical.iloc[0]
    places = dict(sorted(fitted.places.items()))
    names = np.array(list(places), dtype=object)
    calm = fitted.prepare(trained.typical)
    chunk = max(1, _CHUNK_ROWS // len(names))
    falls = []
    for start in range(0, len(values), chunk):
        own = fitted.prepare(values.iloc[start : start + chunk])
        variants = np.repeat(own[None], len(names), axis=0)
        for variant, columns in zip(variants, places.values(), strict=True):
            variant[:, columns] = calm[:, columns]
        scores = fitted.rank(variants.reshape(-1, own.shape[1])).reshape(len(names), -1)
        falls.append((ranking[start : start + chunk] - scores).T)
    raw = values[names].to_numpy(dtype=object)
    normal = typical[list(names)].to_numpy(dtype=object)
    # Beyond this many digits equal falls differ by the order of additions. What is not known of
    # somebody explains nothing.
    fall = np.where(_is_unknown(raw), 0, np.concatenate(falls).round(9))
    # Names are in order, so the stable sort breaks ties by name.
    strongest = np.argsort(-fall, axis=1, kind="stable")
    customers = np.arange(len(values))
    is_word = np.isin(names, trained.columns.categories)
    reasons = {}
    for place in range(min(N_REASONS, len(names))):
        feature = strongest[:, place]
        raises = fall[customers, feature] > 0
        word = is_word[feature]
        own, common = raw[customers, feature], normal[feature]
        reasons |= {
            f"feature_{place + 1}": np.where(raises, names[feature], None),
            f"value_{place + 1}": np.where(raises & ~word, own, np.nan).astype(float),
            f"typical_{place + 1}": np.where(raises & ~word, common, np.nan).astype(float),
            f"word_{place + 1}": np.where(raises & word, own, None),
            f"typical_word_{place + 1}": np.where(raises & word, common, None),
        }
    return pd.DataFrame(reasons, index=values.index)


def _is_unknown(values: np.ndarray) -> np.ndarray:
    """Whether a value is missing, or the category that stands for it."""
    return pd.isna(values) | (values == UNKNOWN)
