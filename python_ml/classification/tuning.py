"""Hyper-parameters searched at random."""

import math
import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import ParameterSampler, cross_val_score
from threadpoolctl import threadpool_limits

from python_ml.classification.models import DEFAULT_PARAMETERS, build_pipeline
from python_ml.classification.splitting import split_rows

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
    rows : the features and categories, one row per label (0 or 1).
    groups : whose row it is; rows of one customer are held out together.
    trials : points of SEARCH_SPACES to try, DEFAULT_PARAMETERS first; of equal ones the first
        wins, so that a search never ends below the defaults.
    seconds : once they are over no further point is tried; the defaults always are.

    Returns
    -------
    The parameters by name, and the mean ROC-AUC of the folds.

    References
    ----------
    Bergstra, Bengio (2012), Random search for hyper-parameter optimization, JMLR 13.

    Examples
    --------
    >>> rows = pd.DataFrame({"gap": np.arange(60) % 10})
    >>> label = (rows["gap"] > 6).astype(int).to_numpy()
    >>> search_parameters(
    ...     "logistic_regression",
    ...     rows=rows,
    ...     label=label,
    ...     groups=rows.index.to_numpy(),
    ...     features=["gap"],
    ...     trials=2,
    ...     folds=3,
    ... )
    ({'C': 1.0}, 1.0)
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
