"""Who will do it: a logistic regression beside the baselines it must beat, and its reasons."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    roc_auc_score,
)
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from python_ml.frames import (
    check_columns,
    key_type,
    signed_log1p,
    sort_by_key,
    to_floats,
    to_typed,
)

NO_MODEL = "none"
"""The model where nothing can be learned: whoever uses the scores falls back to a rule."""

MODELS = ("logistic_regression", "last_level", "majority")
BASELINES = ("last_level", "majority")
"""What a model must beat; of equal baselines the first is meant."""

CHANCE_FACTOR = 1.645
"""Standard errors that a gain must exceed: one-sided, five in a hundred by chance."""

N_REASONS = 3

EVALUATION_TYPES = {
    "model": "str",
    "is_baseline": "bool",
    "roc_auc": "float64",
    "roc_auc_sd": "float64",
    "gain": "float64",
    "gain_se": "float64",
    "pr_auc": "float64",
    "f1": "float64",
    "brier": "float64",
    "log_loss": "float64",
    "rows": "int64",
    "positives": "int64",
    "is_chosen": "bool",
    "reason": "str",
}

SCORE_TYPES = {"probability": "float64", "model": "str"} | {
    f"{column}_{place}": dtype
    for place in range(1, N_REASONS + 1)
    for column, dtype in {"feature": "str", "value": "float64", "usual": "float64"}.items()
}

IMPORTANCE_TYPES = {
    "feature": "str",
    "importance": "float64",
    "importance_sd": "float64",
    "rank": "int64",
}


@threadpool_limits.wrap(limits=1)
def evaluate_classifiers(
    training: pd.DataFrame,
    *,
    key: str = "customer_id",
    features: list[str],
    log_features: Sequence[str] = (),
    label: str = "is_declined",
    level: str = "last_level",
    folds: int = 5,
    repeats: int = 2,
    min_positives: int = 20,
    min_gain: float = 0.01,
    seed: int = 42,
) -> pd.DataFrame:
    """Compare the model with its baselines by repeated stratified cross-validation.

    Imputing, scaling and fitting all happen inside a fold. Where a key has several rows (snapshots
    of one customer), they stay in one fold together.

    - "logistic_regression" on the `features`;
    - "last_level", a baseline: logistic regression on `level` alone, so that a low recent level
      means a high risk and the score is a probability;
    - "majority", a baseline: everyone gets the share of positives.

    Parameters
    ----------
    training : one row per customer or per customer and snapshot: `key`, `features`, `level`
        (numeric; missing values are imputed by the median) and `label` (true, false, 1, 0; rows
        without one are left out).
    log_features : those of `features` (and `level`) to take as sign(x) ln(1 + |x|).
    min_positives : fewest customers of either class that something can be learned from; at least
        one a fold.
    min_gain : as in `choose_classifier`.

    Returns
    -------
    One row per model, as ordered above: means over all folds of `roc_auc` (with `roc_auc_sd`, the
    standard deviation between folds), `gain` (of ROC-AUC over the best baseline, fold by fold,
    with its standard error `gain_se`, corrected for folds that share rows), `pr_auc` (average
    precision), `f1` (at a probability of 0.5), `brier`, `log_loss`; `rows` and `positives` used;
    `is_chosen` and `reason` as `choose_classifier` says. Where nothing can be learned: one row for
    the model "none" with the reason.

    Raises
    ------
    ValueError : a column is missing or not numeric, a key is missing, or a label is neither true
        nor false.

    References
    ----------
    Kohavi (1995), A study of cross-validation, IJCAI. Brier (1950), Mon. Weather Rev. 78. Nadeau,
    Bengio (2003), Inference for the generalization error, Mach. Learn. 52: the corrected error.
    """
    check_columns(training, columns=log_features, name="training")
    training = _prepare(training, key=key, columns=[*features, level], label=label)
    totals = {"rows": len(training), "positives": int(training[label].sum())}
    min_positives = max(min_positives, folds)
    obstacle = _find_obstacle(training, key=key, label=label, min_positives=min_positives)
    if obstacle:
        row = {"model": NO_MODEL, "is_baseline": False, "is_chosen": True, "reason": obstacle}
        return to_typed([row | totals], types=EVALUATION_TYPES)

    splits = list(_split(training, key=key, label=label, folds=folds, repeats=repeats, seed=seed))
    measures = {}
    for model in MODELS:
        columns = _columns_of(model, features=features, level=level)
        pipeline = _build(model, columns=columns, log_features=log_features, seed=seed)
        measures[model] = pd.DataFrame(
            [
                _measure_fold(
                    pipeline,
                    training.iloc[fit],
                    training.iloc[held_out],
                    columns=columns,
                    label=label,
                )
                for fit, held_out in splits
            ]
        )
    auc = pd.DataFrame({model: folded["roc_auc"] for model, folded in measures.items()})
    gain = auc.sub(auc[auc[list(BASELINES)].mean().idxmax()], axis=0)
    evaluations = [
        {"model": model, "is_baseline": model in BASELINES}
        | totals
        | folded.mean().to_dict()
        | {"roc_auc_sd": auc[model].std(), "gain": gain[model].mean()}
        | {"gain_se": gain[model].std() * np.sqrt(1 / len(splits) + 1 / (folds - 1))}
        for model, folded in measures.items()
    ]
    return choose_classifier(pd.DataFrame(evaluations), min_gain=min_gain)


def choose_classifier(evaluations: pd.DataFrame, *, min_gain: float = 0.01) -> pd.DataFrame:
    """Choose the best model if it beats the best baseline by more than chance, else that baseline.

    Parameters
    ----------
    evaluations : one row per model, baselines included, with `model`, `is_baseline`, `roc_auc` and
        `gain_se`, the standard error of its distance to the best baseline.
    min_gain : what a model's ROC-AUC must be ahead by, exclusive; more where CHANCE_FACTOR
        standard errors are more.

    Returns
    -------
    `evaluations` with `is_chosen` (one row) and `reason` (a sentence with the numbers). Models of
    equal ROC-AUC are taken in the order given.
    """
    auc = evaluations["roc_auc"].fillna(-np.inf)
    is_baseline = evaluations["is_baseline"].astype("bool")
    baseline, model = auc[is_baseline].idxmax(), auc[~is_baseline].idxmax()
    required = np.fmax(min_gain, CHANCE_FACTOR * evaluations["gain_se"])
    chosen = model if auc[model] - auc[baseline] > required[model] else baseline
    name = evaluations["model"]
    reasons = []
    for row in evaluations.index:
        rival = model if row == baseline else baseline
        gain = auc[row] - auc[rival]
        comparison = (
            f"ROC-AUC {auc[row]:.3f} is {abs(gain):.3f} {'above' if gain >= 0 else 'below'} "
            f"that of {'the best model' if row == baseline else 'the best baseline'}, "
            f"{name[rival]} ({auc[rival]:.3f}); the model must be more than "
            f"{required[model]:.3f} ahead."
        )
        reasons.append(f"{'Chosen' if row == chosen else 'Not chosen'}: {comparison}")
    return to_typed(
        evaluations.assign(is_chosen=evaluations.index == chosen, reason=reasons),
        types=EVALUATION_TYPES,
    )


@threadpool_limits.wrap(limits=1)
def score_customers(
    training: pd.DataFrame,
    current: pd.DataFrame,
    *,
    key: str = "customer_id",
    features: list[str],
    log_features: Sequence[str] = (),
    label: str = "is_declined",
    level: str = "last_level",
    model: str,
    min_positives: int = 20,
    seed: int = 42,
) -> pd.DataFrame:
    """Score the current customers by a model fitted on all of `training`, with reasons.

    A feature's contribution is its coefficient times the customer's distance from the training
    median, in standard deviations: what the logit gains over a customer usual in this feature. So
    a missing value, imputed by the median, is never a reason.

    Parameters
    ----------
    training, features, log_features, label, level, min_positives : as in `evaluate_classifiers`.
    current : one row per customer: `key`, `features` and `level`.
    model : one of MODELS, or "none".

    Returns
    -------
    One row per customer of `current`, ordered by key: `key`, `probability`, `model`, and the three
    features that raise the probability most, strongest first, ties by name: `feature_1` with the
    customer's `value_1` and `usual_1`, the training median, and so on; null where fewer than three
    raise it ("last_level" has one feature, "majority" none). No rows where `model` is "none" or
    nothing can be learned.

    Raises
    ------
    ValueError : as in `evaluate_classifiers`; the model is unknown; or a key of `current` occurs
        twice.
    """
    if model not in (*MODELS, NO_MODEL):
        raise ValueError(f"no model {model}; there are {', '.join((*MODELS, NO_MODEL))}")
    check_columns(current, columns=[key, *features, level], name="current")
    check_columns(training, columns=log_features, name="training")
    types = {key: key_type(current, key=key)} | SCORE_TYPES
    current = sort_by_key(current, key=key, name="current")
    training = _prepare(training, key=key, columns=[*features, level], label=label)
    obstacle = _find_obstacle(training, key=key, label=label, min_positives=min_positives)
    if model == NO_MODEL or obstacle or current.empty:
        return to_typed([], types=types)

    columns = _columns_of(model, features=features, level=level)
    fitted = _build(model, columns=columns, log_features=log_features, seed=seed)
    fitted.fit(training[columns], training[label])
    values = to_floats(current, columns=columns)
    scores = pd.DataFrame(
        {key: current[key], "probability": fitted.predict_proba(values)[:, 1], "model": model}
    )
    if model != "majority":
        usual = training[columns].median()
        scores = scores.join(_find_reasons(fitted, values, usual=usual))
    return to_typed(scores, types=types)


@threadpool_limits.wrap(limits=1)
def measure_importances(
    training: pd.DataFrame,
    *,
    key: str = "customer_id",
    features: list[str],
    log_features: Sequence[str] = (),
    label: str = "is_declined",
    folds: int = 5,
    repeats: int = 2,
    permutations: int = 5,
    min_positives: int = 20,
    seed: int = 42,
) -> pd.DataFrame:
    """Measure how much ROC-AUC the logistic regression loses when a feature is permuted.

    Parameters
    ----------
    training, features, log_features, label, folds, repeats, min_positives : as in
        `evaluate_classifiers`.
    permutations : of each feature in each held-out fold.

    Returns
    -------
    One row per feature: `importance` (mean loss of ROC-AUC on held-out folds), `importance_sd`
    (between permutations and folds) and `rank` (1 = most important, ties by name), by rank. No
    rows where nothing can be learned.

    References
    ----------
    Breiman (2001), Random forests, Mach. Learn. 45.
    """
    check_columns(training, columns=log_features, name="training")
    training = _prepare(training, key=key, columns=features, label=label)
    min_positives = max(min_positives, folds)
    if _find_obstacle(training, key=key, label=label, min_positives=min_positives):
        return to_typed([], types=IMPORTANCE_TYPES)
    losses = []
    for fit, held_out in _split(
        training, key=key, label=label, folds=folds, repeats=repeats, seed=seed
    ):
        if training[label].iloc[held_out].nunique() < 2:
            continue
        fitted = _build(
            "logistic_regression", columns=features, log_features=log_features, seed=seed
        ).fit(training[features].iloc[fit], training[label].iloc[fit])
        measured = permutation_importance(
            fitted,
            training[features].iloc[held_out],
            training[label].iloc[held_out],
            scoring="roc_auc",
            n_repeats=permutations,
            random_state=seed,
        )
        losses.append(measured.importances)
    loss = np.concatenate(losses, axis=1)
    importances = pd.DataFrame(
        {"feature": features, "importance": loss.mean(axis=1), "importance_sd": loss.std(axis=1)}
    ).sort_values(["importance", "feature"], ascending=[False, True], ignore_index=True)
    return to_typed(importances.assign(rank=importances.index + 1), types=IMPORTANCE_TYPES)


def _prepare(training: pd.DataFrame, *, key: str, columns: list[str], label: str) -> pd.DataFrame:
    """Labelled rows as floats and 0/1, in an order that depends on their content alone."""
    check_columns(training, columns=[key, *columns, label], name="training")
    columns = list(dict.fromkeys(columns))
    prepared = to_floats(training, columns=[*columns, label]).assign(**{key: training[key]})
    prepared = prepared[prepared[label].notna()]
    strange = prepared.loc[~prepared[label].isin([0, 1]), label]
    if not strange.empty:
        raise ValueError(f"{label} must be true or false, not {strange.iloc[0]:g}")
    prepared = sort_by_key(prepared, key=key, name="training", then_by=[*columns, label])
    return prepared.astype({label: "int64"})


def _find_obstacle(
    training: pd.DataFrame, *, key: str, label: str, min_positives: int
) -> str | None:
    """Say why nothing can be learned, if so. Snapshots of one customer count once."""
    if training.empty:
        return "No model: there are no labelled rows."
    customers = training.groupby(label)[key].nunique().reindex([1, 0], fill_value=0)
    if customers.min() >= min_positives:
        return None
    return (
        f"No model: {customers[1]} customers with {label} and {customers[0]} without are too few; "
        f"each takes at least {min_positives}."
    )


def _split(
    training: pd.DataFrame, *, key: str, label: str, folds: int, repeats: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions of rows to fit on and to hold out, fold by fold, repeat by repeat."""
    groups, keys = pd.factorize(training[key])
    repeated = len(keys) < len(training)
    splitter = StratifiedGroupKFold if repeated else StratifiedKFold
    for repeat in range(repeats):
        folding = splitter(n_splits=folds, shuffle=True, random_state=seed + repeat)
        yield from folding.split(training, training[label], groups if repeated else None)


def _columns_of(model: str, *, features: list[str], level: str) -> list[str]:
    return features if model == "logistic_regression" else [level]


def _build(model: str, *, columns: list[str], log_features: Sequence[str], seed: int) -> Pipeline:
    """Compose an unfitted pipeline, whose last step tells the models apart."""
    logged = np.isin(columns, list(log_features))
    classifier: ClassifierMixin = LogisticRegression(max_iter=1_000, random_state=seed)
    if model == "majority":
        classifier = DummyClassifier(strategy="prior")
    return Pipeline(
        [
            ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
            ("log", FunctionTransformer(_log_columns, kw_args={"logged": logged})),
            ("scale", StandardScaler()),
            ("classify", classifier),
        ]
    )


def _log_columns(values: np.ndarray, *, logged: np.ndarray) -> np.ndarray:
    return np.where(logged, signed_log1p(values), values)


def _measure_fold(
    pipeline: Pipeline,
    fit: pd.DataFrame,
    held_out: pd.DataFrame,
    *,
    columns: list[str],
    label: str,
) -> dict[str, float]:
    """Measure on the held-out rows; what a single class leaves undefined is missing."""
    pipeline.fit(fit[columns], fit[label])
    probability = pipeline.predict_proba(held_out[columns])[:, 1]
    truth = held_out[label]
    ranking = {"roc_auc": np.nan, "pr_auc": np.nan}
    if truth.nunique() == 2:
        ranking = {
            "roc_auc": roc_auc_score(truth, probability),
            "pr_auc": average_precision_score(truth, probability),
        }
    return ranking | {
        "f1": f1_score(truth, probability >= 0.5, zero_division=0),
        "brier": brier_score_loss(truth, probability, pos_label=1),
        "log_loss": log_loss(truth, probability, labels=[0, 1]),
    }


def _find_reasons(fitted: Pipeline, values: pd.DataFrame, *, usual: pd.Series) -> pd.DataFrame:
    """Name the features that raise each customer's probability most; see `score_customers`."""
    # Columns in name order make the stable sort below break ties by name.
    names = np.array(sorted(values.columns))
    position = values.columns.get_indexer(names)
    scale = fitted[:-1]
    deviation = scale.transform(values) - scale.transform(usual.to_frame().T)
    contribution = (deviation * fitted[-1].coef_[0])[:, position]
    strongest = np.argsort(-contribution, axis=1, kind="stable")
    raw = values[names].to_numpy()
    customers = np.arange(len(values))
    reasons = {}
    for place in range(min(N_REASONS, len(names))):
        feature = strongest[:, place]
        raises = contribution[customers, feature] > 0
        reasons[f"feature_{place + 1}"] = np.where(raises, names[feature].astype(object), None)
        reasons[f"value_{place + 1}"] = np.where(raises, raw[customers, feature], np.nan)
        reasons[f"usual_{place + 1}"] = np.where(raises, usual[names].to_numpy()[feature], np.nan)
    return pd.DataFrame(reasons, index=values.index)
