"""Back-tests of customer lifetime value: on public data by date, and on simulated customers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from clv_data import (
    CDNOW,
    ONLINE_RETAIL,
    find_file,
    hold_out,
    read_cdnow,
    read_online_retail,
    simulate,
    to_weekly,
)

from python_ml.clv import (
    DECILE_TYPES,
    EVALUATION_TYPES,
    METHODS,
    calibration_deciles,
    evaluate_methods,
)
from python_ml.clv.boosting import place_orders, predict_boosting, train_boosting
from python_ml.clv.choice import choose_method
from python_ml.clv.evaluation import measure_distribution, measure_pair, measure_places
from python_ml.clv.families import FAMILIES, fit_family
from python_ml.clv.histories import read_histories
from python_ml.clv.methods import find_season

PLANTED = {
    "bg_nbd": [0.6, 6.0, 0.8, 2.4],
    "mbg_nbd": [0.6, 6.0, 0.9, 1.8],
    "pareto_nbd": [0.6, 8.0, 0.7, 12.0],
}
CDNOW_CUTS = [("validation", "1997-06-01", 17), ("test", "1997-10-01", 39)]
RETAIL_CUTS = [("validation", "2011-03-23", 11), ("test", "2011-06-08", 26)]


@pytest.fixture(scope="module")
def cdnow(shared_data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    return hold_out(read_cdnow(find_file(shared_data, CDNOW)), CDNOW_CUTS)


@pytest.fixture(scope="module")
def retail_days(shared_data: Path) -> pd.DataFrame:
    return read_online_retail(find_file(shared_data, ONLINE_RETAIL))


@pytest.fixture(scope="module")
def cdnow_rows(cdnow) -> pd.DataFrame:
    return evaluate_methods(cdnow[0], cuts=cdnow[1])


@pytest.fixture(scope="module")
def retail_rows(retail_days) -> pd.DataFrame:
    histories, cuts = hold_out(retail_days, RETAIL_CUTS)
    return evaluate_methods(histories, cuts=cuts, weekly=to_weekly(retail_days))


def row_of(rows: pd.DataFrame, period: str, method: str | None = None) -> pd.Series:
    own = rows[rows["period"] == period]
    own = own[own["is_chosen"]] if method is None else own[own["method"] == method]
    assert len(own) == 1
    return own.iloc[0]


def test_cdnow_held_out_for_39_weeks(cdnow, cdnow_rows):
    chosen = row_of(cdnow_rows, "test")
    assert chosen["choice_reason"] == "validation"
    assert chosen["customers"] == 2357
    assert chosen["orders_ratio"] == pytest.approx(1, abs=0.15)
    assert chosen["orders_decile_gap"] < 0.2
    assert chosen["pit_p_value"] > 0.01
    assert 0.87 <= chosen["upper_coverage"] <= 0.93
    deciles = calibration_deciles(cdnow[0], cuts=cdnow[1], evaluations=cdnow_rows)
    assert deciles.columns.tolist() == ["period", "method", *DECILE_TYPES]
    test = deciles[deciles["period"] == "test"]
    assert test["customers"].tolist() == pytest.approx([2357 / 10] * 10, abs=1)
    totals = (test[["predicted_orders", "actual_orders"]].mul(test["customers"], axis=0)).sum()
    assert totals.tolist() == pytest.approx(
        [chosen["orders_predicted"], chosen["orders_actual"]], rel=1e-9
    )
    top = test.iloc[9]
    assert top["predicted_orders"] == pytest.approx(top["actual_orders"], rel=0.1)
    # Level and deciles tell methods apart; a mean absolute error all but prefers zero.
    zero, spend = (row_of(cdnow_rows, "test", one) for one in ("zero", "all_so_far"))
    assert zero["orders_mae"] == pytest.approx(chosen["orders_mae"], rel=0.03)
    assert zero["orders_decile_gap"] == pytest.approx(1, abs=0.001)
    assert spend["orders_ratio"] > 2


def test_online_retail_learned_for_27_weeks_and_held_out_for_26(retail_rows):
    chosen = row_of(retail_rows, "test")
    assert chosen["customers"] == 2775
    assert chosen["orders_ratio"] == pytest.approx(1, abs=0.12)
    assert 0.87 <= chosen["upper_coverage"] <= 0.93
    assert 0.5 < chosen["margin_ratio"] < 1.2
    figures = retail_rows[retail_rows["period"] == "test"].set_index("method")
    assert figures.index.tolist() == list(METHODS)
    assert (figures.loc[figures["reason"].isna(), "orders_actual"] == 6741).all()
    # Half a year is no year: no season; the first cut trains boosting.
    assert (
        figures.loc[[f"{one}_seasonal" for one in FAMILIES], "reason"] == "no_year_known"
    ).all()
    assert pd.isna(figures.loc["gradient_boosting", "reason"])


def test_the_test_period_has_no_part_in_the_choice(cdnow, cdnow_rows):
    histories, cuts = cdnow
    is_test = histories["period"] == "test"
    changed = histories.assign(
        outcome_orders=histories["outcome_orders"].where(
            ~is_test, 9 - histories["outcome_orders"].clip(upper=9)
        )
    )
    rows = evaluate_methods(changed, cuts=cuts)
    assert row_of(rows, "test")["method"] == row_of(cdnow_rows, "test")["method"]
    assert row_of(rows, "test")["orders_ratio"] < 0.5


def test_one_hold_out_is_said_to_be_one(retail_days):
    histories, cuts = hold_out(retail_days, [("validation", "2011-06-08", 26)])
    rows = evaluate_methods(histories, cuts=cuts)
    assert set(rows["choice_reason"]) == {"one_hold_out"}
    assert row_of(rows, "validation")["orders_ratio"] == pytest.approx(1, abs=0.12)


def test_without_a_hold_out_the_default_is_used_and_says_so(cdnow):
    histories, cuts = cdnow
    rows = evaluate_methods(histories.iloc[:0], cuts=cuts)
    columns = ["period", "method", "reason", "choice_reason", "is_chosen"]
    assert rows[columns].to_numpy().tolist() == [
        ["none", "mbg_nbd", "no_past_cut", "not_back_tested", True]
    ]
    assert rows.dtypes.astype(str).tolist() == [str(one) for one in EVALUATION_TYPES.values()]
    deciles = calibration_deciles(histories.iloc[:0], cuts=cuts, evaluations=rows)
    assert deciles.empty


def test_an_unknown_period_is_named(cdnow):
    histories, cuts = cdnow
    with pytest.raises(ValueError, match="period later is none of training"):
        evaluate_methods(histories.assign(period="later"), cuts=cuts)


@pytest.mark.parametrize("family", FAMILIES)
def test_distributions_are_calibrated(family):
    """Fitted on a process, each family places what comes uniformly in what it predicts."""
    histories = simulate(family, PLANTED[family], customers=6_000, seed=21)
    fitted = fit_family(histories, family=family)
    found = measure_distribution(read_histories(histories), fitted=fitted, weeks=26.0)
    assert found["pit_p_value"] > 0.01
    assert found["pit_largest_gap"] < 0.012
    assert 0.885 <= found["upper_coverage"] <= 0.915


def test_distributions_that_are_wrong_are_found_out():
    histories = simulate("bg_nbd", PLANTED["bg_nbd"], customers=6_000, seed=21)
    fitted = fit_family(histories, family="bg_nbd")
    found = measure_distribution(read_histories(histories), fitted=fitted, weeks=13.0)
    assert found["pit_p_value"] < 1e-6
    assert found["upper_coverage"] < 0.87


def to_seasonal_days(*, seed: int) -> pd.DataFrame:
    """Return order-days of a shop with three times the orders in its last 13 weeks of a year."""
    generator = np.random.default_rng(seed)
    days = pd.date_range("2023-01-02", periods=3 * 364)
    height = np.where(np.arange(len(days)) % 364 >= 39 * 7, 3.0, 1.0)
    rows = []
    for customer, rate in enumerate(generator.gamma(1.0, 0.02, 1_500)):
        bought = np.flatnonzero(generator.random(len(days)) < rate * height / 1.5)
        bought = bought[bought >= generator.integers(0, 364)]
        rows.append(pd.DataFrame({"customer_id": f"C{customer:04d}", "day": days[bought]}))
    return pd.concat(rows, ignore_index=True).assign(margin=10.0)


def test_a_season_is_used_where_it_improves_the_validation():
    days = to_seasonal_days(seed=3)
    cuts = [("validation", "2024-09-30", 13), ("test", "2025-09-29", 13)]
    histories, frame = hold_out(days, cuts)
    rows = evaluate_methods(histories, cuts=frame, weekly=to_weekly(days))
    chosen = row_of(rows, "test")
    assert chosen["method"].endswith("_seasonal")
    assert chosen["season_factor"] == pytest.approx(2, abs=0.25)
    plain = row_of(rows, "test", chosen["method"].removesuffix("_seasonal"))
    assert plain["orders_ratio"] < 0.75
    assert chosen["orders_ratio"] == pytest.approx(1, abs=0.2)
    assert 1 - chosen["upper_coverage"] < 1 - plain["upper_coverage"]


def test_a_season_needs_the_year_before():
    weekly = pd.DataFrame({"week_start": pd.date_range("2025-03-03", periods=44, freq="7D")})
    weekly["repeat_orders"] = 5
    assert np.isnan(find_season(weekly, cut_date="2026-01-05", weeks=13.0))
    assert np.isnan(find_season(None, cut_date="2026-01-05", weeks=13.0))
    assert np.isnan(find_season(weekly.iloc[:0], cut_date="2026-01-05", weeks=13.0))


def test_the_choice_prefers_ranges_and_the_simplest_of_equals():
    def choose(**gaps: float) -> str | None:
        return choose_method(
            [{"method": one, "orders_decile_gap": gap} for one, gap in full(gaps)]
        )

    def full(gaps: dict[str, float]) -> list[tuple[str, float]]:
        return [(method, gaps.get(method, np.nan)) for method in METHODS]

    assert choose(bg_nbd=0.102, mbg_nbd=0.100, pareto_nbd=0.2) == "bg_nbd"
    assert choose(bg_nbd=0.12, mbg_nbd=0.10, own_rate=0.06) == "mbg_nbd"
    assert choose(bg_nbd=0.12, own_rate=0.06) == "own_rate"
    assert choose(bg_nbd=0.12, gradient_boosting=0.10) == "gradient_boosting"
    assert choose(own_rate=0.06, gradient_boosting=0.06) is None
    assert choose(zero=0.0, all_so_far=0.0) is None


def test_boosting_has_the_total_right_out_of_fold():
    histories = simulate("bg_nbd", PLANTED["bg_nbd"], customers=3_000, seed=5)
    histories["outcome_margin"] = histories["outcome_orders"] * 10.0 - 1
    read = read_histories(histories)
    boosting = train_boosting(read, weeks=26.0)
    assert boosting.orders_factor == pytest.approx(1, abs=0.05)
    # Losses below zero are in the total.
    assert boosting.margin_factor < boosting.orders_factor
    assert train_boosting(read.iloc[:400], weeks=26.0) is None
    assert train_boosting(read.assign(outcome_orders=0.0), weeks=26.0) is None
    assert train_boosting(read.assign(outcome_margin=np.nan), weeks=26.0).margin is None


def test_boosting_has_a_distribution_too():
    """Learned on one half of the customers, measured on the other: roughly calibrated."""
    histories = simulate("bg_nbd", PLANTED["bg_nbd"], customers=8_000, seed=6)
    read = read_histories(histories)
    boosting = train_boosting(read.iloc[:4_000], weeks=26.0)
    other = read.iloc[4_000:].reset_index(drop=True)
    found = predict_boosting(other, boosting=boosting, weeks=26.0)
    assert (found["orders_lower"] <= found["orders_upper"]).all()
    orders = other["outcome_orders"].to_numpy()
    places = place_orders(boosting, expected=found["orders"].to_numpy(), orders=orders)
    assert 0.87 <= measure_places(*places)["upper_coverage"] <= 0.93


def test_a_shop_too_small_for_a_family_has_nothing_chosen_by_its_figures(cdnow):
    histories, cuts = cdnow
    few = histories[histories["customer_id"] < "0020"]
    rows = evaluate_methods(few, cuts=cuts)
    assert set(rows["choice_reason"]) == {"not_back_tested"}
    assert set(rows.loc[rows["is_chosen"], "reason"]) == {"too_few_customers"}


def test_boosting_says_whether_it_lacks_a_past_day_or_customers():
    few = simulate("bg_nbd", PLANTED["bg_nbd"], customers=60, seed=8)
    periods = ["training", "validation"]
    histories = pd.concat([few.assign(period=one) for one in periods])
    cuts = pd.DataFrame({"period": periods, "cut_date": ["2025-01-01", "2026-01-01"]})
    cuts = cuts.assign(horizon_weeks=26.0)
    reasons = []
    for own in (histories, few.assign(period="validation")):
        rows = evaluate_methods(own, cuts=cuts)
        reasons.append(row_of(rows, "validation", "gradient_boosting")["reason"])
    assert reasons == ["too_few_to_learn_from", "no_past_cut"]


def test_measures_of_nothing_are_missing():
    found = measure_pair(np.array([1.0, 2.0]), np.array([0.0, 0.0]))
    assert np.isnan([found["ratio"], found["decile_gap"], found["rank_correlation"]]).all()
    assert np.isnan(measure_pair(np.array([np.nan]), np.array([1.0]))["actual"])


def test_neither_the_order_of_rows_nor_a_second_run_changes_a_figure(cdnow, cdnow_rows):
    histories, cuts = cdnow
    shuffled = histories.sample(frac=1, random_state=4)
    pd.testing.assert_frame_equal(evaluate_methods(shuffled, cuts=cuts), cdnow_rows)
