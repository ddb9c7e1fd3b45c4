"""How well earlier scores predicted what has come since."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from python_ml.classification import DECILE_TYPES, measure_deciles
from python_ml.frames import check_columns, to_typed

KEY = ["model", "data_basis", "campaign_id", "scored_date"]

KEY_TYPES = {
    "model": "str",
    "data_basis": "str",
    "campaign_id": "str",
    "scored_date": "datetime64[us]",
}

PERFORMANCE_TYPES = KEY_TYPES | {
    "rows": "int64",
    "positives": "int64",
    "predicted_share": "float64",
    "outcome_share": "float64",
    "roc_auc": "float64",
    "roc_auc_se": "float64",
    "baseline_roc_auc": "float64",
    "gain": "float64",
    "gain_se": "float64",
    "brier": "float64",
    "baseline_brier": "float64",
}

CALIBRATION_TYPES = KEY_TYPES | {
    name: dtype for name, dtype in DECILE_TYPES.items() if name != "model"
}


class Rankings(NamedTuple):
    """Two rankings of the same rows; NaN where there is one class only.

    Attributes
    ----------
    roc_auc, roc_auc_se : of the first, and its standard error.
    baseline_roc_auc : of the second.
    gain, gain_se : the first less the second, and its standard error.
    """

    roc_auc: float
    roc_auc_se: float
    baseline_roc_auc: float
    gain: float
    gain_se: float


def measure_performance(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Measure the scores of each earlier run by what came.

    Parameters
    ----------
    outcomes : one row per run, model and customer: the KEY columns, `probability`,
        `baseline_score` (any number; missing ranks lowest) and `label` (0 or 1).

    Returns
    -------
    One row per KEY: `rows`, `positives`; `predicted_share`, the mean probability, next to the
    `outcome_share`; `roc_auc` with its standard error, next to the baseline's, which is ranked in
    whichever direction is better for it; the `gain` over it; `brier`, next to that of giving
    everyone the actual share.

    Raises
    ------
    ValueError : a column is missing.
    """
    check_columns(
        outcomes, columns=[*KEY, "probability", "baseline_score", "label"], name="outcomes"
    )
    measured = []
    for key, rows in outcomes.groupby(KEY, sort=True, dropna=False):
        label, probability = rows["label"].to_numpy(int), rows["probability"].to_numpy(float)
        level = rows["baseline_score"].astype(float)
        level = level.fillna(level.min() - 1).fillna(0.0).to_numpy()
        share = label.mean()
        measured.append(
            dict(zip(KEY, key, strict=True))
            | {
                "rows": len(rows),
                "positives": int(label.sum()),
                "predicted_share": probability.mean(),
                "outcome_share": share,
                "brier": np.mean((probability - label) ** 2),
                "baseline_brier": share * (1 - share),
            }
            | compare_rankings(label=label, score=probability, baseline=level)._asdict()
        )
    return to_typed(measured, types=PERFORMANCE_TYPES)


def measure_calibration(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Measure predicted and true shares by deciles; see `measure_deciles`.

    Parameters
    ----------
    outcomes : as in `measure_performance`.

    Returns
    -------
    One row per KEY and decile.
    """
    tables = [
        measure_deciles(rows.assign(repeat=1)).assign(**dict(zip(KEY, key, strict=True)))
        for key, rows in outcomes.groupby(KEY, sort=True, dropna=False)
    ]
    rows = pd.concat(tables, ignore_index=True) if tables else []
    return to_typed(rows, types=CALIBRATION_TYPES)


def compare_rankings(*, label: np.ndarray, score: np.ndarray, baseline: np.ndarray) -> Rankings:
    """Compare two rankings of the same rows by the areas under their ROC curves.

    Parameters
    ----------
    label : 0 or 1. score, baseline : higher means likelier 1; the baseline counts in whichever
        direction is better for it.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Comparing the areas under two or more correlated
    receiver operating characteristic curves, Biometrics 44; by ranks as in Sun and Xu (2014).
    """
    is_positive = np.asarray(label) == 1
    m, n = int(is_positive.sum()), int((~is_positive).sum())
    if not m or not n:
        return Rankings(*[float("nan")] * 5)
    of_positives, of_negatives = zip(
        *(_place_values(np.asarray(one, float), is_positive) for one in (score, baseline)),
        strict=True,
    )
    if of_positives[1].mean() < 0.5:
        of_positives = (of_positives[0], 1 - of_positives[1])
        of_negatives = (of_negatives[0], 1 - of_negatives[1])
    auc, baseline_auc = (float(one.mean()) for one in of_positives)
    se, gain_se = (
        float(np.sqrt(np.var(x, ddof=1) / m + np.var(y, ddof=1) / n)) if min(m, n) > 1 else np.nan
        for x, y in (
            (of_positives[0], of_negatives[0]),
            (of_positives[0] - of_positives[1], of_negatives[0] - of_negatives[1]),
        )
    )
    return Rankings(auc, se, baseline_auc, auc - baseline_auc, gain_se)


def _place_values(score: np.ndarray, is_positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of the other class that each positive outranks, and each negative lies below."""
    m, n = is_positive.sum(), (~is_positive).sum()
    ranks = rankdata(score)
    above = (ranks[is_positive] - rankdata(score[is_positive])) / n
    below = 1 - (ranks[~is_positive] - rankdata(score[~is_positive])) / m
    return above, below
