"""The classifiers behind one interface: names, pipelines, calibration and search."""

import math
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    ParameterSampler,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from python_ml.frames import signed_log1p

MOST_SVC_ROWS = 5_000
"""Rows that a support vector machine is fitted on; its cost grows with their square."""


class SampledSVC(SVC):
    """A support vector machine of at most MOST_SVC_ROWS rows; of more, so many are drawn."""

    def fit(
        self, matrix: np.ndarray, label: np.ndarray, sample_weight: np.ndarray | None = None
    ) -> Self:
        """Fit on the rows, or on those drawn from them by `random_state`."""
        if len(label) > MOST_SVC_ROWS:
            generator = np.random.default_rng(self.random_state)
            drawn = np.sort(generator.permutation(len(label))[:MOST_SVC_ROWS])
            matrix, label = matrix[drawn], label[drawn]
            sample_weight = None if sample_weight is None else sample_weight[drawn]
        return super().fit(matrix, label, sample_weight)


_CLASSES: dict[str, type[BaseEstimator]] = {
    "logistic_regression": LogisticRegression,
    "decision_tree": DecisionTreeClassifier,
    "k_nearest_neighbours": KNeighborsClassifier,
    "svc": SampledSVC,
    "extra_trees": ExtraTreesClassifier,
    "random_forest": RandomForestClassifier,
    "hist_gradient_boosting": HistGradientBoostingClassifier,
    "mlp": MLPClassifier,
}

MODELS = tuple(_CLASSES)
READABLE = ("logistic_regression", "decision_tree")
"""Models whose coefficients or branches a person can follow."""

BASELINES = ("previous_period_orders", "majority")
"""What a model must beat; of equal baselines the first is meant."""

# scikit-learn's own, but for capacity: trees are pruned, forests and boosting are small and the
# network is a little one, as suits some thousand rows and a normal run. Fixed beforehand, and not
# by what does best on one of the datasets; that is for `search_parameters`.
DEFAULT_PARAMETERS: dict[str, dict[str, Any]] = {
    "logistic_regression": {"C": 1.0},
    "decision_tree": {"max_depth": 5, "min_samples_leaf": 20},
    "k_nearest_neighbours": {"n_neighbors": 30, "weights": "uniform"},
    "svc": {"C": 1.0, "gamma": "scale"},
    "extra_trees": {"n_estimators": 60, "min_samples_leaf": 5, "max_features": "sqrt"},
    "random_forest": {"n_estimators": 40, "min_samples_leaf": 5, "max_features": "sqrt"},
    "hist_gradient_boosting": {
        "learning_rate": 0.1,
        "max_iter": 60,
        "max_leaf_nodes": 8,
        "min_samples_leaf": 20,
    },
    "mlp": {"hidden_layer_sizes": [8], "alpha": 1.0},
}

SEARCH_SPACES: dict[str, dict[str, list[Any]]] = {
    "logistic_regression": {"C": [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]},
    "decision_tree": {"max_depth": [3, 4, 5, 6, 8], "min_samples_leaf": [5, 10, 20, 40]},
    "k_nearest_neighbours": {
        "n_neighbors": [10, 15, 20, 30, 40, 60, 90],
        "weights": ["uniform", "distance"],
    },
    "svc": {"C": [0.1, 0.3, 1.0, 3.0, 10.0], "gamma": ["scale", 0.01, 0.03, 0.1]},
    "extra_trees": {
        "n_estimators": [60],
        "min_samples_leaf": [1, 2, 3, 5, 8, 12],
        "max_features": ["sqrt", 0.4, 0.6, 0.8],
    },
    "random_forest": {
        "n_estimators": [60],
        "min_samples_leaf": [1, 2, 3, 5, 8, 12],
        "max_features": ["sqrt", 0.4, 0.6],
    },
    "hist_gradient_boosting": {
        "learning_rate": [0.03, 0.05, 0.1],
        "max_iter": [40, 60, 100],
        "max_leaf_nodes": [4, 8, 16],
        "min_samples_leaf": [10, 20, 40],
    },
    "mlp": {"hidden_layer_sizes": [[4], [8], [16], [8, 4]], "alpha": [0.1, 1.0, 3.0, 10.0, 30.0]},
}

_FIXED_PARAMETERS: dict[str, dict[str, Any]] = {
    "logistic_regression": {"max_iter": 1_000},
    "mlp": {"solver": "lbfgs", "max_iter": 150, "tol": 1e-3},
    # Early stopping would hold back rows that a small dataset needs.
    "hist_gradient_boosting": {"early_stopping": False},
    # A tree of half the rows is grown in half the time, and the forest is none the worse.
    "random_forest": {"max_samples": 0.5},
}

ISOTONIC_FROM = 1_000
"""Rows of the rarer class from which a calibration curve may have any monotone shape."""

CALIBRATION_FOLDS = 3

MOST_WEIGHED_GROUPS = 10_000
"""Groups that scikit-learn's StratifiedGroupKFold splits; 100,000 take it half a minute."""

Folds = list[tuple[np.ndarray, np.ndarray]]
"""Positions of rows to fit on and to hold out, fold by fold."""

UNKNOWN = "unknown"
"""The category of a missing value."""


def build_pipeline(
    model: str,
    *,
    features: Sequence[str],
    categories: Sequence[str] = (),
    log_features: Sequence[str] = (),
    parameters: Mapping[str, Any] | None = None,
    seed: int = 42,
) -> Pipeline:
    """Compose an unfitted pipeline: impute, encode and scale ("prepare"), then "classify".

    Numbers are imputed by the median and standardised; categories become one column each, a
    missing one is UNKNOWN, and one that was not seen in the fit has none of the columns.

    Parameters
    ----------
    model : one of MODELS or BASELINES.
    features : numeric columns; those in `log_features` are taken as sign(x) ln(1 + |x|).
    categories : columns of text.
    parameters : of the classifier, over DEFAULT_PARAMETERS.

    Raises
    ------
    ValueError : the model or one of its parameters is unknown.
    """
    logged = np.isin(list(features), list(log_features))
    numbers = Pipeline(
        [
            ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
            ("log", FunctionTransformer(_log_columns, kw_args={"logged": logged})),
            ("scale", StandardScaler()),
        ]
    )
    words = Pipeline(
        [
            ("impute", SimpleImputer(strategy="constant", fill_value=UNKNOWN)),
            ("encode", OneHotEncoder(handle_unknown="ignore", sparse_output=False)),
        ]
    )
    columns = [("numbers", numbers, list(features)), ("words", words, list(categories))]
    return Pipeline(
        [
            ("prepare", ColumnTransformer([one for one in columns if one[2]])),
            ("classify", _build_classifier(model, parameters=parameters, seed=seed)),
        ]
    )


def _build_classifier(
    model: str, *, parameters: Mapping[str, Any] | None, seed: int
) -> BaseEstimator:
    if model == "majority":
        return DummyClassifier(strategy="prior")
    if model == "previous_period_orders":
        return LogisticRegression(max_iter=1_000)
    if model not in MODELS:
        raise ValueError(f"no model {model}; there are {', '.join((*MODELS, *BASELINES))}")
    given = {**DEFAULT_PARAMETERS[model], **(parameters or {})}
    classifier = _CLASSES[model](**_FIXED_PARAMETERS.get(model, {}))
    known = classifier.get_params()
    if strange := sorted(given.keys() - known.keys()):
        raise ValueError(f"{model} has no parameter {strange[0]}; it has {', '.join(known)}")
    if "random_state" in known:
        given["random_state"] = seed
    return classifier.set_params(**given)


def _log_columns(values: np.ndarray, *, logged: np.ndarray) -> np.ndarray:
    return np.where(logged, signed_log1p(values), values)


@dataclass(frozen=True)
class Calibrated:
    """A fitted pipeline, and the curve from its scores to probabilities if it needs one."""

    pipeline: Pipeline
    curve: Any = None

    def prepare(self, rows: pd.DataFrame) -> np.ndarray:
        """Impute, encode and scale rows: one column per number and per known category."""
        return self.pipeline[0].transform(rows)

    def rank(self, prepared: np.ndarray) -> np.ndarray:
        """Give the scores that rank prepared rows: a decision function where there is one."""
        classifier = self.pipeline[-1]
        if hasattr(classifier, "decision_function"):
            return classifier.decision_function(prepared)
        return classifier.predict_proba(prepared)[:, 1]

    def to_probability(self, scores: np.ndarray) -> np.ndarray:
        """Turn scores into probabilities."""
        if self.curve is not None:
            return self.curve.predict(scores)
        # What has a decision function and needs no curve is a logistic regression.
        is_logit = hasattr(self.pipeline[-1], "decision_function")
        return expit(scores) if is_logit else scores

    @property
    def places(self) -> dict[str, list[int]]:
        """Columns of the prepared matrix that come from each feature or category."""
        places: dict[str, list[int]] = {}
        start = 0
        for name, steps, columns in self.pipeline[0].transformers_:
            if name == "words":
                widths = [len(known) for known in steps[-1].categories_]
            elif name == "numbers":
                widths = [1] * len(columns)
            else:
                # What no model looks at.
                continue
            for column, width in zip(columns, widths, strict=True):
                places[column] = list(range(start, start + width))
                start += width
        return places


def fit_pipeline(
    pipeline: Pipeline,
    *,
    rows: pd.DataFrame,
    label: np.ndarray,
    groups: np.ndarray | None = None,
    seed: int = 42,
) -> Calibrated:
    """Fit a pipeline and, if `groups` are given, a curve; see `fit_prepared`.

    Parameters
    ----------
    rows : the features, one row per label.
    groups : whose row it is; rows of one customer are held out together.
    """
    prepare, classifier = pipeline[0], pipeline[-1]
    matrix = prepare.fit_transform(rows)
    splits = None if groups is None else split_to_calibrate(label, groups=groups, seed=seed)
    return fit_prepared(prepare, classifier, matrix, label=label, splits=splits)


def fit_prepared(
    prepare: ColumnTransformer,
    classifier: BaseEstimator,
    matrix: np.ndarray,
    *,
    label: np.ndarray,
    splits: Folds | None = None,
) -> Calibrated:
    """Fit a classifier on prepared rows and, if `splits` are given, a curve to probabilities.

    The curve is learned from the scores of held-out thirds of the rows, the classifier from all:
    isotonic regression where the rarer class has ISOTONIC_FROM rows, else a sigmoid. Logistic
    regressions and the majority give probabilities as they are.

    Parameters
    ----------
    prepare : fitted; what made `matrix`, one row per label.
    splits : the thirds, as `split_to_calibrate` gives them.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines. Niculescu-Mizil, Caruana
    (2005), Predicting good probabilities with supervised learning, ICML: isotonic regression
    needs about a thousand cases.
    """
    curve = None
    with warnings.catch_warnings():
        # A network is stopped after a number of steps, like the trees of a boosting.
        warnings.simplefilter("ignore", ConvergenceWarning)
        if splits is None or isinstance(classifier, LogisticRegression | DummyClassifier):
            classifier = classifier.fit(matrix, label)
        else:
            method = "isotonic" if np.bincount(label).min() >= ISOTONIC_FROM else "sigmoid"
            fitted = CalibratedClassifierCV(classifier, method=method, cv=splits, ensemble=False)
            (one,) = fitted.fit(matrix, label).calibrated_classifiers_
            classifier, curve = one.estimator, one.calibrators[0]
    return Calibrated(Pipeline([("prepare", prepare), ("classify", classifier)]), curve)


def split_to_calibrate(label: np.ndarray, *, groups: np.ndarray, seed: int = 42) -> Folds:
    """Hold out each third of the rows once, as `split_rows` does, for a curve to be learned from.

    Parameters
    ----------
    groups : whose row it is; rows of one customer are held out together.
    """
    return list(split_rows(label, groups=groups, folds=CALIBRATION_FOLDS, seed=seed))


def split_rows(
    label: np.ndarray, *, groups: np.ndarray, folds: int, repeats: int = 1, seed: int = 42
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions of rows to fit on and to hold out, fold by fold, repeat by repeat.

    The folds have the same share of each label, and rows of one group stay together. More than
    MOST_WEIGHED_GROUPS are not weighed one by one for the fold that lacks them most: those that
    have as many rows of each label are dealt out in turn.
    """
    codes, keys = pd.factorize(groups)
    repeated = len(keys) < len(label)
    if repeated and len(keys) > MOST_WEIGHED_GROUPS:
        yield from _deal_groups(label, codes=codes, folds=folds, repeats=repeats, seed=seed)
        return
    splitter = StratifiedGroupKFold if repeated else StratifiedKFold
    for repeat in range(repeats):
        folding = splitter(n_splits=folds, shuffle=True, random_state=seed + repeat)
        yield from folding.split(np.zeros(len(label)), label, codes if repeated else None)


def _deal_groups(
    label: np.ndarray, *, codes: np.ndarray, folds: int, repeats: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    rows_by_label = pd.crosstab(codes, label).to_numpy()
    for repeat in range(repeats):
        shuffled = np.random.default_rng(seed + repeat).permutation(len(rows_by_label))
        dealt = np.empty(len(shuffled), dtype=int)
        dealt[np.lexsort((shuffled, *rows_by_label.T))] = np.arange(len(shuffled)) % folds
        for fold in range(folds):
            is_in_holdout = dealt[codes] == fold
            yield np.flatnonzero(~is_in_holdout), np.flatnonzero(is_in_holdout)


@threadpool_limits.wrap(limits=1)
def search_parameters(
    model: str,
    *,
    rows: pd.DataFrame,
    label: np.ndarray,
    groups: np.ndarray,
    features: Sequence[str],
    categories: Sequence[str] = (),
    log_features: Sequence[str] = (),
    trials: int = 20,
    folds: int = 5,
    seconds: float = math.inf,
    seed: int = 42,
) -> tuple[dict[str, Any], float]:
    """Search the parameters of a model at random: those of the best mean ROC-AUC, and that mean.

    Parameters
    ----------
    trials : points of SEARCH_SPACES to try, DEFAULT_PARAMETERS first; of equal ones the first
        wins, so that a search never ends below the defaults.
    seconds : once they are over no further point is tried; the defaults always are.

    References
    ----------
    Bergstra, Bengio (2012), Random search for hyper-parameter optimization, JMLR 13.
    """
    space = SEARCH_SPACES[model]
    points = int(np.prod([len(values) for values in space.values()]))
    sampler = ParameterSampler(space, n_iter=min(trials - 1, points), random_state=seed)
    candidates = [DEFAULT_PARAMETERS[model], *sampler]
    splits = list(split_rows(label, groups=groups, folds=folds, seed=seed))
    end = time.monotonic() + seconds
    scores: list[float] = []
    for parameters in candidates:
        if scores and time.monotonic() > end:
            break
        pipeline = build_pipeline(
            model,
            features=features,
            categories=categories,
            log_features=log_features,
            parameters=parameters,
            seed=seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            score = cross_val_score(pipeline, rows, label, scoring="roc_auc", cv=splits)
        scores.append(float(score.mean()))
    best = int(np.nanargmax(scores))
    return candidates[best], scores[best]
