"""How good classifiers are, on equal terms: ranking, probabilities, costs, deciles."""

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

from python_ml.chance import find_ranking_error
from python_ml.classification.choice import choose_classifier
from python_ml.classification.models import BASELINES, MAJORITY
from python_ml.frames import to_typed

BAND = 0.995
"""How often a share that is predicted rightly lies in its binomial band."""

N_DECILES = 10

DECILE_TYPES = {
    "model": "str",
    "decile": "int64",
    "rows": "int64",
    "positives": "int64",
    "probability": "float64",
    "lowest": "float64",
    "highest": "float64",
}


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
    are missing where there are no probabilities); `out_of_time_roc_auc`, of the newest snapshot
    predicted from older ones; `gain` of ROC-AUC over the best baseline and `shortfall` behind the
    best model, fold by fold; `roc_auc_se`, `gain_se` and `shortfall_se`, standard errors corrected
    for folds that share rows, the first never less than `find_ranking_error` gives; `rows` and
    `positives`; `is_chosen`, `is_accepted` and `reason` as `choose_classifier` says.

    References
    ----------
    Brier (1950), Mon. Weather Rev. 78. Nadeau, Bengio (2003), Inference for the generalization
    error, Mach. Learn. 52: the corrected error.

    Examples
    --------
    >>> cases = pd.DataFrame({"repeat": 1, "fold": [1] * 4 + [2] * 4, "label": [0, 0, 1, 1] * 2})
    >>> probabilities = {
    ...     "svc": [0.1, 0.2, 0.8, 0.9] * 2,
    ...     "previous_period_orders": [0.1, 0.6, 0.4, 0.9] * 2,
    ...     "majority": [0.5] * 8,
    ... }
    >>> predictions = pd.concat(
    ...     cases.assign(model=model, score=given, probability=given)
    ...     for model, given in probabilities.items()
    ... )
    >>> measures = measure_predictions(predictions)
    >>> measures["roc_auc"].tolist(), measures["brier"].round(3).tolist()
    ([1.0, 0.75, 0.5], [0.025, 0.185, 0.25])
    """
    order = predictions["model"].drop_duplicates().tolist()
    folded = predictions[predictions["repeat"] > 0]
    by_fold = [
        {"model": model, "repeat": repeat, "fold": fold}
        | measure_ranking(part)
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
                model: measure_ranking(part)["roc_auc"]
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

    Examples
    --------
    >>> predictions = pd.DataFrame(
    ...     {"model": "svc", "repeat": 1, "label": [0] * 10 + [1] * 10, "probability": range(20)}
    ... )
    >>> predictions["probability"] /= 20
    >>> deciles = measure_deciles(predictions)
    >>> deciles.loc[[0, 9], ["decile", "rows", "positives", "probability"]].to_numpy().tolist()
    [[1.0, 2.0, 2.0, 0.925], [10.0, 2.0, 0.0, 0.025]]
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


def measure_ranking(part: pd.DataFrame) -> dict[str, float]:
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
