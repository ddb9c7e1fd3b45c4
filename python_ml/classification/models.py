"""The classifiers and baselines behind one interface: names, parameters, pipelines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

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

NO_MODEL = "none"
"""The model where nothing can be learned: whoever uses the scores falls back to a rule."""

MAJORITY = "majority"
"""The baseline that gives everyone the same probability. Where it is chosen nobody is scored."""

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

_FIXED_PARAMETERS: dict[str, dict[str, Any]] = {
    "logistic_regression": {"max_iter": 1_000},
    "mlp": {"solver": "lbfgs", "max_iter": 150, "tol": 1e-3},
    # Early stopping would hold back rows that a small dataset needs.
    "hist_gradient_boosting": {"early_stopping": False},
    # A tree of half the rows is grown in half the time, and the forest is none the worse.
    "random_forest": {"max_samples": 0.5},
}

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

    Returns
    -------
    A pipeline of two steps, of which nothing is fitted.

    Raises
    ------
    ValueError : the model or one of its parameters is unknown.

    Examples
    --------
    >>> pipeline = build_pipeline("svc", features=["gap"], categories=["city"])
    >>> list(pipeline.named_steps), pipeline["classify"].C
    (['prepare', 'classify'], 1.0)
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
                # What no model uses.
                continue
            for column, width in zip(columns, widths, strict=True):
                places[column] = list(range(start, start + width))
                start += width
        return places
