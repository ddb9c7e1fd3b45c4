"""Whom a message moves: worlds of known effects, and a Qini curve by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from python_ml.uplift import (
    draw_curves,
    measure_rankings,
    measure_segments,
    predict_uplift,
    score_uplift,
)

LEARNING = {"features": ["need", "habit"], "model": "logistic_regression"}


def world(rows: int, *, seed: int, varies: bool) -> pd.DataFrame:
    """Two campaigns of other shares and rates; a message moves those in need, or all alike.

    Who buys by habit buys with or without a message, so that ranking by response misses whom
    it moves.
    """
    generator = np.random.default_rng(seed)
    need, habit = generator.normal(size=(2, rows))
    campaign = generator.integers(0, 2, rows)
    is_treated = generator.random(rows) < np.where(campaign == 1, 0.7, 0.4)
    effect = 0.12 * (need > 0) if varies else np.full(rows, 0.06)
    rate = np.clip(0.2 + 0.1 * campaign + 0.15 * np.tanh(habit), 0, 1) + effect * is_treated
    return pd.DataFrame(
        {
            "campaign_id": np.where(campaign == 1, "b", "a"),
            # Every tenth customer is in both.
            "customer_id": [f"C{number % (rows * 9 // 10):05d}" for number in range(rows)],
            "cell": np.where(campaign == 1, "b|all", "a|all"),
            "segment": np.where(need > 0, "in need", "content"),
            "need": need,
            "habit": habit,
            "is_treated": is_treated,
            "label": (generator.random(rows) < rate).astype(int),
        }
    ).drop_duplicates(["campaign_id", "customer_id"], ignore_index=True)


@pytest.fixture(scope="module")
def moved() -> pd.DataFrame:
    return world(20_000, seed=1, varies=True)


@pytest.fixture(scope="module")
def predictions(moved):
    return predict_uplift(moved, **LEARNING)


@pytest.fixture(scope="module")
def rankings(predictions):
    return measure_rankings(predictions).set_index("ranking")


def test_whom_a_message_moves_is_ranked_better_than_by_chance_and_by_response(rankings):
    assert rankings.loc["uplift", "lower_95"] > 0
    assert rankings.loc["uplift less response", "lower_95"] > 0
    assert rankings.loc["response", "qini"] < rankings.loc["uplift", "qini"] / 2
    # Half of them are moved by 0.12: the best ranking gains 0.12 / 8.
    assert rankings.loc["uplift", "qini"] == pytest.approx(0.12 / 8, abs=0.006)


def test_where_all_are_moved_alike_no_ranking_is_better_than_chance():
    """Of six worlds with one effect for all, hardly one may seem to have a ranking."""
    found = pd.concat(
        [
            measure_rankings(
                predict_uplift(
                    world(5_000, seed=seed, varies=False), **LEARNING, min_conversions=400
                )
            )
            for seed in range(6)
        ]
    )
    is_better = (found["lower_95"] > 0).groupby(found["ranking"]).sum()
    assert is_better.drop("response").max() <= 2
    uplift = found[found["ranking"] == "uplift"]
    assert abs(uplift["qini"].mean()) < 3 * uplift["qini_se"].mean() / np.sqrt(6)


def test_boosted_models_rank_as_well(moved):
    found = measure_rankings(predict_uplift(moved, features=["need", "habit"]))
    assert (found.set_index("ranking").loc["uplift", "lower_95"]) > 0


def test_qini_is_that_of_the_curve_by_hand():
    # Effects 4, 0, 0, 0 in the order of uplift; response ranks the moved one last.
    predictions = pd.DataFrame(
        {
            "campaign_id": "a",
            "customer_id": list("wxyz"),
            "uplift": [0.4, 0.3, 0.2, 0.1],
            "response": [0.1, 0.2, 0.3, 0.4],
            "effect": [4.0, 0.0, 0.0, 0.0],
        }
    )
    found = measure_rankings(predictions).set_index("ranking")
    # Contacting the first of four gains 4 / 4 a customer at once; at random, a quarter of it.
    # Place 1/8 lies 3/8 above the middle: 4 / 4 * 3/8.
    assert found["qini"].to_dict() == pytest.approx(
        {"uplift": 0.375, "response": -0.375, "uplift less response": 0.75}
    )
    assert found.loc["uplift", "qini_se"] == pytest.approx(
        np.sqrt(sum((part - 0.375) ** 2 for part in (1.5, 0, 0, 0))) / 4
    )
    curves = draw_curves(predictions).set_index(["ranking", "decile"])
    assert curves.loc[("uplift", 2), ["customers", "gain", "random_gain"]].tolist() == [1, 1, 0.25]
    assert curves.loc[("response", 8), ["customers", "gain", "random_gain"]].tolist() == [
        3,
        0,
        0.75,
    ]
    assert curves.loc[("uplift", 10), "gain"] == curves.loc[("response", 10), "random_gain"] == 1


def test_equal_scores_rank_nobody(moved):
    predictions = predict_uplift(moved.head(200), **LEARNING, min_conversions=5)
    same = predictions.assign(uplift=0.5, response=0.1)
    assert measure_rankings(same)["qini"].abs().max() < 1e-12


def test_the_effect_is_the_difference_of_the_arms(moved, predictions):
    rows = predictions.merge(moved, on=["campaign_id", "customer_id"])
    for _, cell in rows.groupby("cell"):
        rates = cell.groupby("is_treated")["label"].mean()
        assert cell["effect"].mean() == pytest.approx(rates[True] - rates[False])


def test_a_customer_of_two_campaigns_counts_as_one(rankings, moved, predictions):
    assert rankings.loc["uplift", "customers"] == moved["customer_id"].nunique() < len(moved)
    again = pd.concat([predictions, predictions.assign(campaign_id="c")])
    found = measure_rankings(again).set_index("ranking")
    # The same rows once more tell nothing new.
    assert found["qini_se"].to_dict() == pytest.approx(rankings["qini_se"].to_dict())


def test_row_order_changes_nothing(moved):
    few = moved.head(2000)
    first = predict_uplift(few, **LEARNING, min_conversions=50)
    shuffled = predict_uplift(few.sample(frac=1, random_state=2), **LEARNING, min_conversions=50)
    pd.testing.assert_frame_equal(first, shuffled, rtol=1e-9)


def test_below_the_least_conversions_nobody_is_ranked(moved):
    few = moved.head(1000)
    predictions = predict_uplift(few, **LEARNING)
    assert predictions.empty
    assert measure_rankings(predictions).empty
    assert draw_curves(predictions).empty
    current = few.assign(list_name="l")
    assert score_uplift(few, current, **LEARNING).empty


def test_customers_of_today_are_scored_by_list(moved):
    current = moved.head(300).assign(list_name="l")[["list_name", "customer_id", "need", "habit"]]
    scores = score_uplift(moved, current, **LEARNING)
    assert scores["customer_id"].tolist() == sorted(current["customer_id"])
    both = scores.merge(current, on="customer_id")
    assert stats.spearmanr(both["uplift"], both["need"]).statistic > 0.8


def test_a_segment_is_that_of_the_formula_and_pooled_within_campaigns():
    # Simpson: within each campaign nothing differs, together the treated buy more.
    cells = [("a", True, 90, 9), ("a", False, 10, 1), ("b", True, 10, 5), ("b", False, 90, 45)]
    rows = pd.concat(
        [
            pd.DataFrame(
                {"cell": cell, "segment": "s", "is_treated": arm, "label": np.arange(n) < x}
            )
            for cell, arm, n, x in cells
        ]
    ).astype({"label": int})
    (found,) = measure_segments(rows).to_dict("records")
    assert found["difference"] == pytest.approx(0)
    assert (found["treatment_customers"], found["control_customers"]) == (100, 100)
    assert (found["lower_95"], found["shrinkage"]) == (pytest.approx(-found["upper_95"]), 0)
    assert np.isnan(found["heterogeneity_p"])
    (alone,) = measure_segments(rows[rows["cell"] == "a"]).to_dict("records")
    p_t, p_c = 10 / 92, 2 / 12
    error = np.sqrt(p_t * (1 - p_t) / 92 + p_c * (1 - p_c) / 12)
    assert alone["standard_error"] == pytest.approx(error)


def test_segments_that_differ_are_told_apart_and_others_drawn_together(moved):
    found = measure_segments(moved).set_index("segment")
    assert found.loc["in need", "q_value"] < 0.001
    assert found.loc["in need", "lower_95"] < 0.12 < found.loc["in need", "upper_95"]
    assert found.loc["content", "lower_95"] < 0 < found.loc["content", "upper_95"]
    assert found["heterogeneity_p"].max() < 0.001
    assert found["shrinkage"].max() < 0.1
    generator = np.random.default_rng(3)
    alike = measure_segments(
        moved.assign(segment=generator.integers(0, 8, len(moved)).astype(str))
    )
    assert alike["shrinkage"].min() > 0.3
    assert alike["shrunk_difference"].std() < alike["difference"].std()
    assert measure_segments(moved.assign(segment=None))["segment"].tolist() == ["unknown"]
    assert measure_segments(moved[moved["is_treated"]]).empty
