"""What a model uses: how much it loses when a feature is permuted."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from python_ml.classification.calibration import fit_model
from python_ml.classification.preparation import Columns
from python_ml.classification.splitting import split_rows
from python_ml.frames import to_typed

IMPORTANCE_TYPES = {
    "model": "str",
    "feature": "str",
    "importance": "float64",
    "importance_sd": "float64",
    "rank": "int64",
}


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
    folds), `importance_sd` (between permutations and folds) and `rank` (1 = most important, ties
    by name), by rank.

    References
    ----------
    Breiman (2001), Random forests, Mach. Learn. 45.

    Examples
    --------
    >>> from python_ml.classification import prepare_training
    >>> training = pd.DataFrame({"customer_id": range(120)})
    >>> training["gap"] = training["customer_id"] % 10
    >>> training["previous_period_orders"] = training["customer_id"] % 7
    >>> training["is_declined"] = training["gap"] > 6
    >>> columns = Columns(features=["previous_period_orders", "gap"])
    >>> importances = measure_importances(
    ...     prepare_training(training, columns=columns),
    ...     columns=columns,
    ...     model="logistic_regression",
    ...     folds=3,
    ... )
    >>> importances["feature"].tolist()
    ['gap', 'previous_period_orders']
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
        fitted = fit_model(
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
