"""Assignments are checked as the published figures check them, and honest ones pass."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from python_ml.assignments import (
    CHECK_TYPES,
    check_assignments,
    check_balance,
    check_sample_ratio,
)

COVARIATES = ["orders", "revenue", "tenure"]


def plan(shares: dict[str, float | None], stratum: str = "all") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "stratum": stratum,
            "arm": pd.Series(list(shares), dtype="str"),
            "planned_share": pd.Series(list(shares.values()), dtype=float),
        }
    )


def count(counts: dict[str, int], stratum: str = "all") -> pd.DataFrame:
    arms = [arm for arm, size in counts.items() for _ in range(size)]
    return pd.DataFrame({"stratum": stratum, "arm": pd.Series(arms, dtype="str")})


def assign(rng: np.random.Generator, *, customers: int, share: float) -> pd.DataFrame:
    """Draw customers with skewed, dependent covariates, and their arms at random."""
    orders = rng.geometric(0.3, customers).astype(float)
    return pd.DataFrame(
        {
            "customer_id": np.arange(customers),
            "stratum": np.where(orders > 3, "many", "few"),
            "arm": np.where(rng.random(customers) < share, "control", "treatment"),
            "orders": orders,
            "revenue": orders * rng.lognormal(3, 1.5, customers),
            "tenure": rng.integers(1, 400, customers).astype(float),
        }
    )


def test_sample_ratio_gives_the_reference_figure():
    check = check_sample_ratio(
        count({"control": 44_000, "treatment": 45_000}), plan({"control": 0.5, "treatment": 0.5})
    )
    assert check.p_value == pytest.approx(0.0008, abs=5e-5)
    assert check.method == "chi-square"


def test_sample_ratio_is_the_chi_square_test_of_scipy():
    counts = {"blue": 700, "control": 120, "red": 680}
    check = check_sample_ratio(count(counts), plan({"blue": 0.45, "control": 0.1, "red": 0.45}))
    expected = stats.chisquare(list(counts.values()), [675, 150, 675])
    assert check.statistic == pytest.approx(expected.statistic)
    assert check.p_value == pytest.approx(expected.pvalue)


def test_sample_ratio_holds_each_stratum_against_its_own_share():
    customers = pd.concat(
        [
            count({"control": 50, "treatment": 50}, "large"),
            count({"control": 100, "treatment": 900}, "small"),
        ]
    )
    plans = pd.concat(
        [
            plan({"control": 0.5, "treatment": 0.5}, "large"),
            plan({"control": 0.1, "treatment": 0.9}, "small"),
        ]
    )
    assert check_sample_ratio(customers, plans).p_value == 1
    both = check_sample_ratio(
        customers.assign(stratum="all"), plan({"control": 0.1, "treatment": 0.9})
    )
    assert both.p_value < 0.001


def test_a_planned_arm_that_holds_nobody_breaks_the_ratio():
    check = check_sample_ratio(count({"treatment": 200}), plan({"control": 0.1, "treatment": 0.9}))
    assert check.smallest_arm == 0
    assert check.p_value < 0.001


@pytest.mark.parametrize(
    ("counts", "shares"),
    [
        ({"treatment": 100}, {"treatment": 1.0}),
        ({"control": 50, "treatment": 100}, {"control": 0.5, "treatment": None}),
        ({"control": 50, "treatment": 100}, {"treatment": 0.5}),
        ({}, {}),
        ({}, {"control": 0.5, "treatment": 0.5}),
    ],
)
def test_sample_ratio_claims_nothing_without_a_plan(counts, shares):
    check = check_sample_ratio(count(counts), plan(shares))
    assert np.isnan(check.p_value)
    assert check.method == "none"


@pytest.mark.parametrize("customers", [35, 1000])
def test_honest_ratios_are_as_rarely_broken_as_they_say(customers):
    rng = np.random.default_rng(42)
    shares = plan({"control": 0.1, "treatment": 0.9})
    p_values = np.array(
        [
            check_sample_ratio(
                count({"control": controls, "treatment": customers - controls}),
                shares,
                permutations=999,
            ).p_value
            for controls in rng.binomial(customers, 0.1, 300)
        ]
    )
    # Counts are whole, so that fewer than 5 % of them may lie beyond.
    assert (p_values < 0.05).sum() <= stats.binom.ppf(0.9995, 300, 0.05)


def test_balance_of_two_groups_is_the_kruskal_wallis_test():
    customers = assign(np.random.default_rng(1), customers=300, share=0.4).assign(stratum="all")
    check = check_balance(customers, covariates=["revenue"])
    control = customers["arm"] == "control"
    expected = stats.kruskal(customers.loc[control, "revenue"], customers.loc[~control, "revenue"])
    assert check.statistic == pytest.approx(expected.statistic)
    assert check.p_value == pytest.approx(expected.pvalue)


def test_balance_of_several_covariates_is_that_of_every_rotation_of_them():
    customers = assign(np.random.default_rng(2), customers=400, share=0.3)
    plain = check_balance(customers, covariates=COVARIATES)
    doubled = customers.assign(twice=2 * customers["orders"], constant=7.0, unknown=np.nan)
    again = check_balance(doubled, covariates=[*COVARIATES, "twice", "constant", "unknown"])
    assert again.statistic == pytest.approx(plain.statistic)
    assert again.degrees == plain.degrees == 3


@pytest.mark.parametrize(("customers", "share", "runs"), [(1500, 0.1, 400), (120, 0.15, 150)])
def test_honest_assignments_are_as_rarely_unbalanced_as_they_say(customers, share, runs):
    rng = np.random.default_rng(42)
    checks = [
        check_balance(
            assign(rng, customers=customers, share=share), covariates=COVARIATES, permutations=499
        )
        for _ in range(runs)
    ]
    assert {check.method for check in checks} == {
        "chi-square" if customers > 500 else "permutation"
    }
    low, high = stats.binom.interval(0.999, runs, 0.05)
    assert low <= sum(check.p_value < 0.05 for check in checks) <= high


@pytest.mark.parametrize(("customers", "share"), [(1500, 0.1), (300, 0.2)])
def test_an_assignment_that_keeps_the_best_is_found(customers, share):
    drawn = assign(np.random.default_rng(42), customers=customers, share=share)
    drawn["stratum"] = "all"
    best = drawn["revenue"] > drawn["revenue"].quantile(0.6)
    drawn.loc[best, "arm"] = "treatment"
    assert check_balance(drawn, covariates=COVARIATES).p_value < 0.001


def test_strata_of_different_shares_are_no_imbalance():
    rng = np.random.default_rng(42)
    drawn = assign(rng, customers=2000, share=0.1)
    is_sampled = (drawn["stratum"] == "many") & (rng.random(2000) < 0.4)
    drawn.loc[is_sampled, "arm"] = "control"
    assert check_balance(drawn, covariates=COVARIATES).p_value > 0.001
    assert check_balance(drawn.assign(stratum="all"), covariates=COVARIATES).p_value < 1e-6


def test_nothing_is_said_of_what_cannot_be_compared():
    alone = assign(np.random.default_rng(1), customers=20, share=0)
    one_control = alone.assign(arm=["control", *["treatment"] * 19])
    constant = assign(np.random.default_rng(1), customers=50, share=0.5).assign(orders=1.0)
    for customers, covariates in (
        (alone, COVARIATES),
        (one_control, COVARIATES),
        (constant, ["orders"]),
    ):
        check = check_balance(customers, covariates=covariates)
        assert np.isnan(check.p_value)
        assert check.method == "none"


def test_each_assignment_is_checked_twice_whatever_the_order_of_the_rows():
    rng = np.random.default_rng(42)
    customers = pd.concat(
        [
            assign(rng, customers=300, share=0.5).assign(assignment_id="fair", stratum="all"),
            assign(rng, customers=300, share=0.2).assign(assignment_id="unfair", stratum="all"),
        ]
    )
    plans = pd.concat(
        [
            plan({"control": 0.5, "treatment": 0.5}).assign(assignment_id=name)
            for name in ("fair", "unfair", "nobody")
        ]
    )
    checks = check_assignments(customers, plans, covariates=COVARIATES)
    assert checks.groupby("assignment_id")["check_name"].nunique().to_dict() == {
        "fair": 2, "nobody": 2, "unfair": 2,
    }  # fmt: skip
    broken = checks.loc[checks["is_broken"], ["assignment_id", "check_name"]]
    assert broken.to_numpy().tolist() == [["unfair", "sample ratio"]]
    shuffled = check_assignments(
        customers.sample(frac=1, random_state=1), plans.iloc[::-1], covariates=COVARIATES
    )
    pd.testing.assert_frame_equal(checks, shuffled)


def test_no_assignments_give_no_rows_of_the_same_types():
    columns = ["assignment_id", "customer_id", "stratum", "arm", *COVARIATES]
    empty = check_assignments(
        pd.DataFrame(columns=columns),
        pd.DataFrame(columns=["assignment_id", "stratum", "arm", "planned_share"]),
        covariates=COVARIATES,
    )
    assert empty.empty
    assert empty.dtypes.astype(str).to_dict() == CHECK_TYPES


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="customers lacks stratum"):
        check_assignments(
            pd.DataFrame(columns=["assignment_id", "customer_id", "arm"]),
            pd.DataFrame(columns=["assignment_id", "stratum", "arm", "planned_share"]),
            covariates=[],
        )
