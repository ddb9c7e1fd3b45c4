"""One classifier fitted, and the curve that makes probabilities of its scores."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from python_ml.classification.models import Calibrated, build_pipeline
from python_ml.classification.preparation import Columns
from python_ml.classification.splitting import Folds, split_to_calibrate

ISOTONIC_FROM = 1_000
"""Rows of the rarer class from which a calibration curve may have any monotone shape."""


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
    label : 0 or 1, one per row.
    groups : whose row it is; rows of one customer are held out together. None learns no curve.

    Returns
    -------
    The fitted pipeline, which ranks rows and gives probabilities.

    Examples
    --------
    >>> rows = pd.DataFrame({"gap": np.arange(60) % 10})
    >>> label = (rows["gap"] > 6).astype(int).to_numpy()
    >>> pipeline = build_pipeline("decision_tree", features=["gap"])
    >>> fitted = fit_pipeline(pipeline, rows=rows, label=label, groups=rows.index.to_numpy())
    >>> scores = fitted.rank(fitted.prepare(pd.DataFrame({"gap": [1, 9]})))
    >>> (fitted.to_probability(scores) > 0.5).tolist()
    [False, True]
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

    The curve is fitted on the scores of held-out thirds of the rows, the classifier on all:
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


def fit_model(
    model: str,
    *,
    rows: pd.DataFrame,
    label: np.ndarray,
    columns: Columns,
    parameters: Mapping[str, Mapping[str, Any]] | None,
    seed: int,
    groups: np.ndarray | None = None,
) -> Calibrated:
    """Fit one model on its features; see `fit_pipeline`."""
    pipeline = build_model(model, columns=columns, parameters=parameters, seed=seed)
    return fit_pipeline(pipeline, rows=rows, label=label, groups=groups, seed=seed)


def build_model(
    model: str,
    *,
    columns: Columns,
    parameters: Mapping[str, Mapping[str, Any]] | None,
    seed: int,
) -> Pipeline:
    """Build one model on its features; see `build_pipeline`."""
    return build_pipeline(
        model,
        **columns.of(model),
        log_features=columns.log_features,
        parameters=(parameters or {}).get(model),
        seed=seed,
    )
