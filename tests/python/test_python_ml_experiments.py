"""Experiments are measured as SciPy and the published figures measure them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from python_ml.experiments import (
    COMPARISON_TYPES,
    compare_arms,
    compare_means,
    compare_proportions,
    required_sample_size,
    sample_ratio_p_value,
)


def compare_counts(
    successes_treatment: object, n_treatment: object, successes_control: object, n_control: object
):
    return compare_proportions(
        successes_treatment=successes_treatment,
        n_treatment=n_treatment,
        successes_control=successes_control,
        n_control=n_control,
    )


def test_z_test_gives_the_reference_figure():
    compared = compare_counts(65, 480, 50, 500)
    assert stats.norm.isf(compared.p_value / 2) == pytest.approx(1.7221, abs=5e-5)
    assert compared.p_value == pytest.approx(0.0850, abs=5e-5)


def test_agresti_caffo_interval_of_a_small_table():
    # (9 + 1) / (12 + 2) and (2 + 1) / (10 + 2), by hand.
    compared = compare_counts(9, 12, 2, 10)
    error = np.sqrt(10 / 14 * 4 / 14 / 14 + 3 / 12 * 9 / 12 / 12)
    assert compared.standard_error == pytest.approx(error)
    assert compared.lower == pytest.approx(10 / 14 - 3 / 12 - 1.959964 * error, abs=1e-6)
    assert compared.upper == pytest.approx(10 / 14 - 3 / 12 + 1.959964 * error, abs=1e-6)


@given(
    n_t=st.integers(1, 5000), n_c=st.integers(1, 5000), share_t=st.floats(0, 1),
    share_c=st.floats(0, 1),
)  # fmt: skip
def test_z_test_is_the_chi_square_test_without_correction(n_t, n_c, share_t, share_c):
    x_t, x_c = round(share_t * n_t), round(share_c * n_c)
    compared = compare_counts(x_t, n_t, x_c, n_c)
    if 0 < x_t + x_c < n_t + n_c:
        table = [[x_t, n_t - x_t], [x_c, n_c - x_c]]
        expected = stats.chi2_contingency(table, correction=False).pvalue
        assert compared.p_value == pytest.approx(expected, abs=1e-9)
    else:
        assert compared.p_value == 1
    assert -1 <= compared.lower <= compared.upper <= 1
    assert compared.standard_error > 0


def test_intervals_of_proportions_keep_their_coverage():
    rng = np.random.default_rng(42)
    n_t, n_c, p_t, p_c = 400, 100, 0.14, 0.08
    compared = compare_counts(rng.binomial(n_t, p_t, 4000), n_t, rng.binomial(n_c, p_c, 4000), n_c)
    is_covered = (compared.lower <= p_t - p_c) & (p_t - p_c <= compared.upper)
    assert 0.93 <= is_covered.mean() <= 0.97


def test_p_values_of_equal_arms_are_as_rare_as_they_say():
    rng = np.random.default_rng(42)
    compared = compare_counts(rng.binomial(800, 0.2, 4000), 800, rng.binomial(200, 0.2, 4000), 200)
    low, high = stats.binom.interval(0.999, 4000, 0.05)
    assert low <= (compared.p_value < 0.05).sum() <= high


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_t=st.integers(2, 200), n_c=st.integers(2, 200))
def test_means_are_compared_as_scipy_does(seed, n_t, n_c):
    rng = np.random.default_rng(seed)
    treatment, control = rng.gamma(2, 20, n_t), rng.gamma(2, 15, n_c)
    compared = compare_means(
        mean_treatment=treatment.mean(),
        variance_treatment=treatment.var(ddof=1),
        n_treatment=n_t,
        mean_control=control.mean(),
        variance_control=control.var(ddof=1),
        n_control=n_c,
    )
    expected = stats.ttest_ind(treatment, control, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert compared.p_value == pytest.approx(expected.pvalue, abs=1e-9)
    assert compared.lower == pytest.approx(interval.low, rel=1e-9, abs=1e-9)
    assert compared.upper == pytest.approx(interval.high, rel=1e-9, abs=1e-9)


def test_sample_ratio_gives_the_reference_figure():
    p_value = sample_ratio_p_value(counts=[44_000, 45_000], planned_shares=[0.5, 0.5])
    assert p_value == pytest.approx(0.0008, abs=5e-5)


@pytest.mark.parametrize(
    ("counts", "shares"),
    [([100], [1.0]), ([100, 50], [0.5, np.nan]), ([], []), ([0, 0], [0.5, 0.5])],
)
def test_sample_ratio_claims_nothing_without_a_plan(counts, shares):
    assert np.isnan(sample_ratio_p_value(counts=counts, planned_shares=shares))


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


def test_more_successes_than_customers_are_refused():
    with pytest.raises(ValueError, match="11 successes among 10 customers"):
        compare_counts(11, 10, 1, 10)


def to_outcomes(rows: list[tuple], metric: str = "purchase") -> pd.DataFrame:
    outcomes = pd.DataFrame(
        rows, columns=["campaign_id", "arm", "customers", "total", "planned_share"]
    )
    return outcomes.assign(metric=metric, slice="all", total_of_squares=outcomes["total"])


def test_each_arm_is_compared_with_the_control_of_its_campaign():
    outcomes = to_outcomes(
        [
            ("b", "treatment", 480, 65, 0.49),
            ("b", "control", 500, 50, 0.51),
            ("a", "red", 100, 10, None),
            ("a", "blue", 100, 20, None),
            ("a", "control", 100, 0, None),
        ]
    )
    lifts = compare_arms(outcomes)
    assert list(zip(lifts["campaign_id"], lifts["arm"], strict=True)) == [
        ("a", "blue"),
        ("a", "red"),
        ("b", "treatment"),
    ]
    assert lifts["difference"].tolist() == pytest.approx([0.2, 0.1, 65 / 480 - 0.1])
    assert lifts["p_value"].iloc[2] == pytest.approx(0.0850, abs=5e-5)
    assert lifts["relative_lift"].isna().tolist() == [True, True, False]
    assert lifts["sample_ratio_p"].isna().tolist() == [True, True, False]
    pd.testing.assert_frame_equal(lifts, compare_arms(outcomes.iloc[::-1]))


def test_money_is_compared_by_its_mean_and_variance():
    rng = np.random.default_rng(42)
    values = {"treatment": rng.gamma(1, 30, 90).round(2), "control": rng.gamma(1, 20, 40).round(2)}
    outcomes = pd.DataFrame(
        {
            "campaign_id": "a",
            "metric": "revenue",
            "slice": "all",
            "arm": arm,
            "customers": len(sample),
            "total": sample.sum(),
            "total_of_squares": (sample**2).sum(),
            "planned_share": None,
        }
        for arm, sample in values.items()
    )
    lift = compare_arms(outcomes).iloc[0]
    expected = stats.ttest_ind(values["treatment"], values["control"], equal_var=False)
    assert lift["p_value"] == pytest.approx(expected.pvalue, rel=1e-6)
    assert lift["lower_95"] == pytest.approx(expected.confidence_interval().low, rel=1e-6)


def test_a_campaign_without_control_is_shown_and_not_compared():
    lift = compare_arms(to_outcomes([("a", "treatment", 100, 10, None)])).iloc[0]
    assert (lift["treatment_customers"], lift["control_customers"]) == (100, 0)
    assert lift["treatment_mean"] == pytest.approx(0.1)
    assert np.isnan([lift["difference"], lift["p_value"], lift["lower_95"]]).all()


def test_no_campaigns_give_no_rows_of_the_same_types():
    empty = compare_arms(to_outcomes([]))
    assert empty.empty
    assert empty.dtypes.astype(str).to_dict() == COMPARISON_TYPES
    filled = compare_arms(to_outcomes([("a", "treatment", 9, 1, None)]))
    assert (filled.dtypes == empty.dtypes).all()


def test_an_arm_that_stands_twice_is_named():
    with pytest.raises(ValueError, match="campaign a more than once"):
        compare_arms(to_outcomes([("a", "control", 9, 1, None), ("a", "control", 9, 1, None)]))
