"""Snapshots saved with a fitted model, and how far today's customers are from them.

A model has two: of the rows that trained it (`training`), and of the customers it scored on the
day of its fit (`fit`). Training rows are of earlier days and, of campaigns, only the contacted,
so it differs from those scored at once and no fitting fixes that; the second tells whether a
model has grown old.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from python_ml.classification import TrainedClassifier, predict
from python_ml.drift import BASELINE_TYPES, DRIFT_TYPES, fix_baseline, measure_drift
from python_ml.frames import to_typed

SCORE = "score"
"""The name of the probability among the features."""

STRICTER_RULE = "a model must now be further ahead of guessing"
"""Why a model is fitted again that was chosen when less was asked of it."""

OTHER_RULE = "methods are chosen by another rule"
NOBODY = "there were no customers to learn from"
UNREADABLE = "the model saved as of {day} is of a form no longer opened"

EVERYONE = "everyone"
FIT, TRAINING, LAST_RUN = "fit", "training", "last run"

MODEL_DRIFT_TYPES = {"reference": "str", **DRIFT_TYPES, "level": "str"}


@dataclass(frozen=True)
class DriftLimits:
    """How far is too far.

    Attributes
    ----------
    moderate, major : PSI from which, and above which, a feature's drift is called so, if chance
        alone would not reach it as easily.
    feature_share : with a major drift in more than this share of its features a model is too old;
        a major drift of the score alone is enough.
    """

    moderate: float = 0.1
    major: float = 0.25
    feature_share: float = 0.25


def read_limits(rules: pd.DataFrame) -> DriftLimits:
    """Return the limits that the seed alert_rules sets."""
    rules = rules.set_index("check_name")
    return DriftLimits(
        moderate=float(rules.loc["score drift", "amber_from"]),
        major=float(rules.loc["score drift", "red_above"]),
        feature_share=float(rules.loc["feature drift", "red_above"]),
    )


def fix_baselines(
    trained: TrainedClassifier, *, training: pd.DataFrame, current: pd.DataFrame
) -> str:
    """Fix a fitted model's two snapshots; JSON, empty where nothing was trained."""
    if trained.fitted is None:
        return ""
    columns = trained.columns
    label = training[columns.label].notna()
    snapshots = {
        TRAINING: _fix(training[label], trained, scores=trained.predictions["probability"]),
        FIT: _fix(current, trained, scores=predict(current, trained=trained)),
    }
    return json.dumps({name: frame.to_dict("list") for name, frame in snapshots.items()})


def measure_model(
    trained: TrainedClassifier, *, baselines: str, current: pd.DataFrame, limits: DriftLimits
) -> pd.DataFrame:
    """Measure the drift of a model's features, and of its scores, from both its snapshots.

    Parameters
    ----------
    baselines : as `fix_baselines` returned them, empty where none were saved.
    current : the rows that are scored today.

    Returns
    -------
    One row per reference (fit, training) and feature, as `measure_drift` gives them, with the
    `level`: stable, moderate, major (above the limit, and above what chance alone reaches once in
    a thousand), or unknown where a side has no rows.
    """
    if trained.fitted is None or not baselines:
        return to_typed([], types=MODEL_DRIFT_TYPES)
    scored = current.assign(**{SCORE: predict(current, trained=trained)})
    measured = []
    for reference, bins in json.loads(baselines).items():
        baseline = to_typed(pd.DataFrame(bins), types=BASELINE_TYPES)
        drift = measure_drift(scored, baseline=baseline)
        measured.append(drift.assign(reference=reference, level=_validate(drift, limits=limits)))
    return to_typed(pd.concat(measured, ignore_index=True), types=MODEL_DRIFT_TYPES)


def measure_snapshot(current: pd.DataFrame, *, baseline: str, limits: DriftLimits) -> pd.DataFrame:
    """Measure the drift of features alone from the day of a fit.

    Parameters
    ----------
    baseline : what `fix_baseline` returned, as JSON of lists by column; empty where none was kept.

    Returns
    -------
    A row per feature, as of `measure_model`.
    """
    if not baseline:
        return to_typed([], types=MODEL_DRIFT_TYPES)
    snapshot = to_typed(pd.DataFrame(json.loads(baseline)), types=BASELINE_TYPES)
    drift = measure_drift(current, baseline=snapshot)
    drift = drift.assign(reference=FIT, level=_validate(drift, limits=limits))
    return to_typed(drift, types=MODEL_DRIFT_TYPES)


def measure_shares(
    current: pd.DataFrame, *, earlier: pd.DataFrame, limits: DriftLimits
) -> pd.DataFrame:
    """Measure the drift of the clusters' shares (`cluster_key`) since the last run.

    Returns
    -------
    A row as of `measure_model`, its reference `last run`; none where either has no rows.
    """
    if current.empty or earlier.empty:
        return to_typed([], types=MODEL_DRIFT_TYPES).assign(data_basis=pd.Series(dtype="str"))
    drift = measure_drift(
        current, baseline=fix_baseline(earlier, features=[], categories=["cluster_key"])
    )
    drift = drift.assign(reference=LAST_RUN, level=_validate(drift, limits=limits))
    return to_typed(drift, types=MODEL_DRIFT_TYPES).assign(data_basis=EVERYONE)


def join_drifts(**drifts: pd.DataFrame) -> pd.DataFrame:
    """Return the drifts of several models as one table; `model` has their names."""
    return pd.concat([drift.assign(model=name) for name, drift in drifts.items()])


def explain_drift(drift: pd.DataFrame, *, limits: DriftLimits) -> str | None:
    """Say why a model is too old for the customers of today; None where it is not.

    It is where its scores have a major drift from the day of its fit, or more of its features than
    `limits` allows.
    """
    drift = drift[(drift["reference"] == FIT) & (drift["level"] != "unknown")]
    is_major = drift["level"] == "major"
    is_score = drift["feature"] == SCORE
    if (is_major & is_score).any():
        return f"the scores have drifted (PSI {drift.loc[is_score, 'psi'].iloc[0]:.2f})"
    drifted, known = int((is_major & ~is_score).sum()), int((~is_score).sum())
    if drifted > limits.feature_share * known:
        return f"{drifted} of {known} features have drifted"
    return None


def _fix(rows: pd.DataFrame, trained: TrainedClassifier, *, scores: np.ndarray) -> pd.DataFrame:
    names = trained.columns.of(trained.model)
    return pd.concat(
        [
            fix_baseline(rows, features=names["features"], categories=names["categories"]),
            fix_baseline(pd.DataFrame({SCORE: np.asarray(scores, float)}), features=[SCORE]),
        ],
        ignore_index=True,
    )


def _validate(drift: pd.DataFrame, *, limits: DriftLimits) -> np.ndarray:
    psi, chance = drift["psi"].to_numpy(), drift["chance_psi"].to_numpy()
    significant = psi > chance
    is_major, is_moderate = psi > limits.major, psi >= limits.moderate
    return np.select(
        [np.isnan(psi), significant & is_major, significant & is_moderate],
        ["unknown", "major", "moderate"],
        default="stable",
    )
