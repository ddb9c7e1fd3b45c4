"""Earlier scores against what came: areas by brute force, standard errors by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from python_ml.outcomes import compare_rankings, measure_calibration, measure_performance

KEY = {"model": "activity", "data_basis": "orders", "campaign_id": ""}


def outcomes(rows: int, *, seed: int, day: str = "2026-01-01", flip: bool = False) -> pd.DataFrame:
    """Customers whose probability is right, or wrong way round; the level is half noise."""
    generator = np.random.default_rng(seed)
    p = generator.beta(1, 3, rows)
    label = (generator.random(rows) < p).astype(int)
    return pd.DataFrame(
        {
            **KEY,
            "scored_date": pd.Timestamp(day),
            "probability": 1 - p if flip else p,
            # The lower the level the likelier: its direction must not matter.
            "baseline_score": -p + generator.normal(0, 0.4, rows),
            "label": label,
        }
    )


def test_measures_are_those_of_scikit_learn():
    rows = outcomes(500, seed=1)
    (row,) = measure_performance(rows).to_dict("records")
    label, p = rows["label"], rows["probability"]
    assert row["roc_auc"] == pytest.approx(roc_auc_score(label, p))
    assert row["baseline_roc_auc"] == pytest.approx(roc_auc_score(label, -rows["baseline_score"]))
    assert row["gain"] == pytest.approx(row["roc_auc"] - row["baseline_roc_auc"])
    assert row["brier"] == pytest.approx(brier_score_loss(label, p))
    assert row["baseline_brier"] == pytest.approx(label.mean() * (1 - label.mean()))
    assert (row["rows"], row["positives"]) == (500, label.sum())
    assert row["predicted_share"] == pytest.approx(row["outcome_share"], abs=0.05)


def test_standard_errors_are_the_spread_over_samples():
    found = pd.concat([measure_performance(outcomes(300, seed=seed)) for seed in range(150)])
    for measure in ("roc_auc", "gain"):
        assert found[f"{measure}_se"].mean() == pytest.approx(found[measure].std(), rel=0.2)


def test_ties_count_half():
    label = np.array([1, 1, 0, 0])
    found = compare_rankings(label=label, score=np.array([1, 0, 0, 0]), baseline=np.zeros(4))
    assert found.roc_auc == roc_auc_score(label, [1, 0, 0, 0]) == 0.75
    assert found.baseline_roc_auc == 0.5


def test_each_run_and_campaign_is_measured_by_itself():
    rows = pd.concat(
        [
            outcomes(200, seed=1),
            outcomes(200, seed=2, day="2026-02-01", flip=True),
            outcomes(50, seed=3).assign(model="response", campaign_id="c", label=0),
        ]
    )
    rows.loc[rows.index[:20], "baseline_score"] = np.nan
    found = measure_performance(rows)
    assert found["rows"].tolist() == [200, 200, 50]
    assert found["roc_auc"].iloc[0] > 0.7
    assert found["roc_auc"].iloc[1] < 0.3
    # Where all outcomes are of one kind, nothing can be ranked.
    assert found["roc_auc"].isna().tolist() == [False, False, True]
    shuffled = measure_performance(rows.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(shuffled, found, rtol=1e-9)


def test_right_probabilities_lie_in_their_bands_and_wrong_ones_do_not():
    rows = pd.concat([outcomes(3000, seed=1), outcomes(3000, seed=1, day="2026-02-01", flip=True)])
    found = measure_calibration(rows)
    share = found["positives"] / found["rows"]
    is_within = share.between(found["lowest"], found["highest"])
    assert is_within.groupby(found["scored_date"]).sum().tolist() == [10, is_within[10:].sum()]
    assert is_within[10:].sum() <= 2


def test_nothing_known_yet_is_an_empty_table():
    empty = outcomes(5, seed=1).head(0)
    assert list(measure_performance(empty))[:4] == [*KEY, "scored_date"]
    assert measure_performance(empty).empty
    assert measure_calibration(empty).empty
    with pytest.raises(ValueError, match="outcomes lacks label"):
        measure_performance(empty.drop(columns="label"))
