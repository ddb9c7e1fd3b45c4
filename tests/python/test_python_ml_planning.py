"""Experiments are planned by the published formulas, and found as often as planned."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.power import NormalIndPower

from python_ml.experiments import compare_proportions
from python_ml.planning import (
    PLAN_TYPES,
    detectable_difference,
    plan_experiments,
    required_sample_size,
    required_sample_size_of_means,
)


def test_sample_sizes_give_the_reference_figures():
    assert required_sample_size(rate_control=0.05, rate_treatment=0.06) == 8158
    assert (
        required_sample_size(rate_control=0.05, rate_treatment=0.06, treatment_per_control=9)
        == 4651
    )


@pytest.mark.parametrize("rates", [(0.05, 0.05), (0.0, 0.1), (0.5, 1.0)])
def test_sample_size_names_rates_that_cannot_be_told_apart(rates):
    with pytest.raises(ValueError, match=f"{rates[0]} and {rates[1]}"):
        required_sample_size(rate_control=rates[0], rate_treatment=rates[1])


@pytest.mark.parametrize("k", [1, 4, 9])
@pytest.mark.parametrize("difference", [0.5, 3])
def test_sample_sizes_of_means_are_those_of_statsmodels(difference, k):
    needed = required_sample_size_of_means(
        variance=16.0, difference=difference, treatment_per_control=k, alpha=0.01, power=0.9
    )
    # Its one-sided tail is left out here, and weighs nothing at this power.
    expected = NormalIndPower().solve_power(
        effect_size=difference / 4, alpha=0.01, power=0.9, ratio=k, alternative="two-sided"
    )
    assert needed - 1 < expected * (1 + 1e-6) <= needed * (1 + 2e-6)


def test_means_without_variance_or_difference_are_refused():
    with pytest.raises(ValueError, match=r"variance 0\.0 and difference 1"):
        required_sample_size_of_means(variance=0.0, difference=1)
    with pytest.raises(ValueError, match=r"variance 1\.0 and difference 0"):
        required_sample_size_of_means(variance=1.0, difference=0)


@pytest.mark.parametrize(("rate", "k"), [(0.05, 1), (0.3, 9), (0.9, 4)])
def test_what_can_be_found_needs_no_more_than_there_are(rate, k):
    found = detectable_difference(rate_control=rate, n_control=900, treatment_per_control=k)
    terms = {"rate_control": rate, "treatment_per_control": k}
    assert required_sample_size(rate_treatment=rate + found * 1.000001, **terms) <= 900
    assert required_sample_size(rate_treatment=rate + found * 0.999, **terms) > 900


def test_too_few_can_find_nothing():
    assert np.isnan(detectable_difference(rate_control=0.95, n_control=20))
    assert np.isnan(detectable_difference(rate_control=0.5, n_control=0))


def test_experiments_of_the_needed_size_find_the_effect_as_often_as_planned():
    rng = np.random.default_rng(42)
    n = required_sample_size(rate_control=0.1, rate_treatment=0.13, treatment_per_control=3)
    compared = compare_proportions(
        successes_treatment=rng.binomial(3 * n, 0.13, 4000),
        n_treatment=3 * n,
        successes_control=rng.binomial(n, 0.1, 4000),
        n_control=n,
    )
    low, high = stats.binom.interval(0.999, 4000, 0.8)
    # The formula is an approximation: within two points of the planned power.
    assert low - 80 <= (compared.p_value < 0.05).sum() <= high + 80


def to_lists(**changes: object) -> pd.DataFrame:
    row = {
        "list_name": "l",
        "metric": "purchase",
        "kind": "rate",
        "baseline_mean": 0.05,
        "baseline_variance": 0.0475,
        "smallest_effect": 0.01,
        "available": 100_000,
        "control_share": 0.1,
        "cooldown_days": 60,
        "window_days": 30,
    }
    return pd.DataFrame([row | changes])


def test_a_list_that_is_large_enough_is_so_in_a_word():
    plan = plan_experiments(to_lists()).iloc[0]
    assert (plan["needed_control"], plan["needed_treatment"]) == (4651, 41_859)
    assert plan["verdict"] == "enough"
    assert plan["needed_control_share"] == pytest.approx(0.1)
    assert plan["detectable_effect"] < 0.01
    assert (plan["campaigns_needed"], plan["duration_days"]) == (1, 30)


def test_exactly_enough_is_enough():
    nearly_a_decile = to_lists(available=46_510, control_share=0.1 - 1e-17 - 1e-16)
    assert plan_experiments(nearly_a_decile).iloc[0]["needed_treatment"] == 9 * 4651
    assert plan_experiments(to_lists(available=46_510)).iloc[0]["verdict"] == "enough"
    assert plan_experiments(to_lists(available=46_509)).iloc[0]["verdict"] != "enough"


def test_more_controls_make_up_for_few_customers():
    plan = plan_experiments(to_lists(available=20_000)).iloc[0]
    assert plan["verdict"] == "enough if control = 30 %"
    for share, is_enough in ((0.30, True), (0.29, False)):
        k = (1 - share) / share
        controls = required_sample_size(
            rate_control=0.05, rate_treatment=0.06, treatment_per_control=k
        )
        assert (controls + np.ceil(k * controls) <= 20_000) == is_enough


def test_a_small_list_needs_several_campaigns():
    plan = plan_experiments(to_lists(available=16_000)).iloc[0]
    assert plan["verdict"] == "too small: run as a global holdout over 3 campaigns"
    assert (plan["campaigns_needed"], plan["duration_days"]) == (3, 2 * 60 + 30)
    assert np.isnan(plan["needed_control_share"])
    assert plan["detectable_effect"] > 0.01


def test_money_is_planned_by_its_variance():
    plan = plan_experiments(
        to_lists(kind="mean", metric="revenue", baseline_variance=400.0, smallest_effect=1.0)
    ).iloc[0]
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    assert plan["needed_control"] == np.ceil(z**2 * 400 * (1 + 1 / 9))
    assert plan["detectable_effect"] == pytest.approx(z * np.sqrt(400 * (1 / 10_000 + 1 / 90_000)))


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"available": 0}, "nobody to contact"),
        ({"baseline_mean": None}, "no history to plan from"),
        ({"baseline_mean": 0.0}, "no history to plan from"),
        ({"smallest_effect": None}, "no history to plan from"),
        ({"kind": "mean", "baseline_variance": 0.0}, "no history to plan from"),
    ],
)
def test_what_cannot_be_planned_is_said(changes, verdict):
    assert plan_experiments(to_lists(**changes)).iloc[0]["verdict"] == verdict


def test_no_lists_give_no_rows_of_the_same_types():
    empty = plan_experiments(to_lists().iloc[:0])
    assert empty.empty
    assert empty.dtypes.astype(str).to_dict() == PLAN_TYPES
