"""Experiments are measured as SciPy and the published figures measure them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.proportion import confint_proportions_2indep

from python_ml.experiments import (
    COMPARISON_TYPES,
    OFFER_TYPES,
    POOLED_TYPES,
    compare_arms,
    compare_means,
    compare_offers,
    compare_proportions,
    pool_lifts,
)
from targeted_lists.sample import draw_campaigns
from targeted_lists.sample.campaigns import CAMPAIGNS, WINDOW_DAYS


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


def test_more_successes_than_customers_are_refused():
    with pytest.raises(ValueError, match="11 successes among 10 customers"):
        compare_counts(11, 10, 1, 10)


@settings(deadline=None)
@given(
    n_t=st.integers(1, 5000), n_c=st.integers(1, 5000), share_t=st.floats(0, 1),
    share_c=st.floats(0, 1), confidence=st.floats(0.5, 0.999),
)  # fmt: skip
def test_intervals_of_proportions_are_those_of_statsmodels(n_t, n_c, share_t, share_c, confidence):
    x_t, x_c = round(share_t * n_t), round(share_c * n_c)
    compared = compare_proportions(
        successes_treatment=x_t,
        n_treatment=n_t,
        successes_control=x_c,
        n_control=n_c,
        confidence=confidence,
    )
    low, high = confint_proportions_2indep(
        x_t, n_t, x_c, n_c, method="agresti-caffo", alpha=1 - confidence
    )
    assert compared.lower == pytest.approx(max(low, -1), abs=1e-6)
    assert compared.upper == pytest.approx(min(high, 1), abs=1e-6)


def draw_customers(
    rng: np.random.Generator,
    *,
    campaign_id: str = "a",
    sizes: dict[str, int] | None = None,
    effect: float = 0.0,
) -> pd.DataFrame:
    """Draw customers who spend much as they did before the send, and their arms.

    `effect` is the true rise of the probability of buying; who buys spends a skewed amount.
    """
    sizes = sizes or {"control": 250, "treatment": 1000}
    customers = sum(sizes.values())
    liking = rng.beta(2, 6, customers)
    amounts = rng.gamma(2, 20, (2, customers)).round(2)
    arm = rng.permutation([name for name, size in sizes.items() for _ in range(size)])
    chance = liking + effect * (arm != "control")
    return pd.DataFrame(
        {
            "campaign_id": campaign_id,
            "arm": arm,
            "segment": np.where(rng.random(customers) < 0.4, "Loyal", "Lost"),
            "purchase": (rng.random(customers) < chance).astype(float),
            "pre_purchase": (rng.random(customers) < liking).astype(float),
            "amount": amounts[0],
            "pre_amount": amounts[1],
        }
    ).assign(
        revenue=lambda drawn: drawn["purchase"] * drawn["amount"],
        pre_revenue=lambda drawn: drawn["pre_purchase"] * drawn["pre_amount"],
    )


def to_outcomes(
    customers: pd.DataFrame,
    *,
    metrics: tuple[str, ...] = ("purchase", "revenue"),
    slices: dict[str, str | None] | None = None,
    cut: float = np.inf,
) -> pd.DataFrame:
    """Sum customers up as campaign_outcomes does; a slice is a column, or None for everyone."""
    rows = []
    for metric in metrics:
        for name, column in (slices or {"all": None}).items():
            value = customers[metric]
            before = customers.get(f"pre_{metric}", pd.Series(0.0, customers.index))
            clipped = value.clip(-cut, cut)
            sums = pd.DataFrame(
                {
                    "campaign_id": customers["campaign_id"],
                    "metric": metric,
                    "slice": name,
                    "slice_value": customers[column] if column else "all",
                    "stratum": customers.get("stratum", "all"),
                    "arm": customers["arm"],
                    "customers": 1,
                    "total": value,
                    "total_of_squares": value**2,
                    "pre_total": before,
                    "pre_total_of_squares": before**2,
                    "total_of_products": value * before,
                    "clipped_total": clipped,
                    "clipped_total_of_squares": clipped**2,
                }
            )
            key = ["campaign_id", "metric", "slice", "slice_value", "stratum", "arm"]
            rows.append(sums.groupby(key, as_index=False).sum())
    return pd.concat(rows, ignore_index=True).assign(is_tested=True)


def to_customers(counts: dict[tuple[str, str], tuple[int, int]]) -> pd.DataFrame:
    """Return customers by campaign and arm, of whom so many buy."""
    return pd.DataFrame(
        [
            {"campaign_id": campaign, "arm": arm, "purchase": float(place < buyers)}
            for (campaign, arm), (customers, buyers) in counts.items()
            for place in range(customers)
        ]
    )


COUNTS = {
    ("b", "treatment"): (480, 65),
    ("b", "control"): (500, 50),
    ("a", "red"): (100, 10),
    ("a", "blue"): (100, 20),
    ("a", "control"): (100, 0),
}


def test_each_arm_is_compared_with_the_control_of_its_campaign():
    outcomes = to_outcomes(to_customers(COUNTS), metrics=("purchase",))
    lifts = compare_arms(outcomes)
    assert list(zip(lifts["campaign_id"], lifts["arm"], strict=True)) == [
        ("a", "blue"),
        ("a", "red"),
        ("b", "treatment"),
    ]
    assert lifts["difference"].tolist() == pytest.approx([0.2, 0.1, 65 / 480 - 0.1])
    assert lifts["p_value"].iloc[2] == pytest.approx(0.0850, abs=5e-5)
    assert lifts["relative_lift"].isna().tolist() == [True, True, False]
    pd.testing.assert_frame_equal(lifts, compare_arms(outcomes.iloc[::-1]))


def test_money_is_compared_plainly_clipped_and_less_what_was_before():
    customers = draw_customers(np.random.default_rng(42), effect=0.1)
    lift = compare_arms(to_outcomes(customers, metrics=("revenue",), cut=60.0)).iloc[0]
    control = customers["arm"] == "control"
    # The slope within arms, by least squares with an intercept for each arm.
    design = np.column_stack([customers["pre_revenue"], control, ~control]).astype(float)
    slope = np.linalg.lstsq(design, customers["revenue"], rcond=None)[0][0]
    assert abs(slope) > 0.01
    ways = {
        "": customers["revenue"],
        "clipped_": customers["revenue"].clip(upper=60),
        "cuped_": customers["revenue"] - slope * customers["pre_revenue"],
    }
    for prefix, values in ways.items():
        treated, untreated = values[~control], values[control]
        expected = stats.ttest_ind(treated, untreated, equal_var=False)
        interval = expected.confidence_interval(0.95)
        assert lift[f"{prefix}difference"] == pytest.approx(treated.mean() - untreated.mean())
        assert lift[f"{prefix}p_value"] == pytest.approx(expected.pvalue, rel=1e-6)
        assert lift[f"{prefix}lower_95"] == pytest.approx(interval.low, rel=1e-6)
        assert lift[f"{prefix}upper_95"] == pytest.approx(interval.high, rel=1e-6)
    assert 0 < lift["variance_reduction"] < 1


def test_one_extreme_order_moves_the_plain_figure_and_not_the_clipped():
    customers = draw_customers(np.random.default_rng(42))
    extreme = customers.copy()
    first = (extreme["arm"] == "treatment").idxmax()
    extreme.loc[first, "revenue"] = 1_000_000.0
    before, after = (
        compare_arms(to_outcomes(drawn, metrics=("revenue",), cut=120.0)).iloc[0]
        for drawn in (customers, extreme)
    )
    assert after["difference"] > before["difference"] + 900
    assert abs(after["clipped_difference"] - before["clipped_difference"]) < 0.2
    assert after["clipped_upper_95"] - after["clipped_lower_95"] < 0.02 * (
        after["upper_95"] - after["lower_95"]
    )


def test_without_anything_before_cuped_is_the_plain_figure():
    customers = draw_customers(np.random.default_rng(42)).assign(pre_revenue=0.0)
    lift = compare_arms(to_outcomes(customers, metrics=("revenue",))).iloc[0]
    assert lift["cuped_difference"] == pytest.approx(lift["difference"])
    assert lift["cuped_lower_95"] == pytest.approx(lift["lower_95"])
    assert lift["variance_reduction"] == pytest.approx(0)


def test_strata_of_different_shares_do_not_pass_for_an_effect():
    rng = np.random.default_rng(42)
    customers = draw_customers(rng, sizes={"control": 4000, "treatment": 4000})
    # Loyal customers buy more, and have half as many controls as the others.
    customers["stratum"] = customers["segment"]
    is_loyal = customers["segment"] == "Loyal"
    customers.loc[is_loyal, "purchase"] = (rng.random(is_loyal.sum()) < 0.8).astype(float)
    customers["arm"] = np.where(
        rng.random(8000) < np.where(is_loyal, 0.1, 0.6), "control", "treatment"
    )
    together = compare_arms(to_outcomes(customers.assign(stratum="all"))).iloc[0]
    apart = compare_arms(to_outcomes(customers)).iloc[0]
    assert together["lower_95"] > 0.1
    assert apart["lower_95"] < 0 < apart["upper_95"]
    by_stratum = customers.groupby(["segment", "arm"])["purchase"].mean().unstack()
    weights = customers["segment"].value_counts(normalize=True)
    expected = ((by_stratum["treatment"] - by_stratum["control"]) * weights).sum()
    assert apart["difference"] == pytest.approx(expected)
    assert apart["treatment_mean"] - apart["control_mean"] == pytest.approx(expected)


def test_a_stratum_without_controls_leaves_the_whole_without_comparison():
    customers = draw_customers(np.random.default_rng(42))
    customers["stratum"] = customers["segment"]
    customers.loc[customers["segment"] == "Lost", "arm"] = "treatment"
    lift = compare_arms(to_outcomes(customers, metrics=("revenue",))).iloc[0]
    assert lift["control_customers"] > 0
    assert np.isnan([lift["difference"], lift["p_value"], lift["cuped_difference"]]).all()


def test_slices_are_corrected_together_and_the_whole_keeps_its_p_value():
    rng = np.random.default_rng(42)
    customers = draw_customers(rng, effect=0.05)
    customers["region"] = rng.integers(0, 6, len(customers)).astype(str)
    customers["list"] = "win_back"
    slices = {"all": None, "segment": "segment", "region": "region", "list": "list"}
    outcomes = to_outcomes(customers, slices=slices)
    outcomes["is_tested"] = outcomes["slice_value"] != "5"
    lifts = compare_arms(outcomes)
    for _, rows in lifts.groupby("metric"):
        whole = rows[rows["slice"].isin(["all", "list"])]
        assert (whole["q_value"] == whole["p_value"]).all()
        p = rows.loc[rows["slice"].isin(["segment", "region"]) & (rows["slice_value"] != "5")]
        # Benjamini-Hochberg by hand.
        ordered = p["p_value"].sort_values(ascending=False)
        raised = ordered * len(p) / np.arange(len(p), 0, -1)
        expected = raised.cummin().clip(upper=1)
        assert p["q_value"].loc[expected.index].tolist() == pytest.approx(expected.tolist())
        assert rows.loc[rows["slice_value"] == "5", "q_value"].isna().all()


@pytest.fixture(scope="module")
def campaigns_without_effect() -> pd.DataFrame:
    return simulate_lifts(1000, effect=0.0)


@pytest.fixture(scope="module")
def campaigns_of_known_effect() -> pd.DataFrame:
    return simulate_lifts(1000, effect=0.06)


def simulate_lifts(campaigns: int, *, effect: float) -> pd.DataFrame:
    """Draw campaigns and read them by what the mart reads them by."""
    rng = np.random.default_rng([42, int(1000 * effect)])
    customers = pd.concat(
        draw_customers(rng, campaign_id=f"{number:04}", effect=effect)
        for number in range(campaigns)
    )
    return compare_arms(to_outcomes(customers, cut=110.0))


@pytest.mark.parametrize("metric", ["purchase", "revenue"])
@pytest.mark.parametrize("way", ["", "cuped_", "clipped_"])
def test_campaigns_without_effect_seem_to_have_one_as_rarely_as_they_say(
    campaigns_without_effect, metric, way
):
    lifts = campaigns_without_effect.query("metric == @metric")
    assert len(lifts) == 1000
    low, high = stats.binom.interval(0.95, 1000, 0.05)
    assert low <= (lifts[f"{way}p_value"] < 0.05).sum() <= high


@pytest.mark.parametrize("metric", ["purchase", "revenue"])
@pytest.mark.parametrize("way", ["", "cuped_"])
def test_intervals_cover_a_known_effect(campaigns_of_known_effect, metric, way):
    lifts = campaigns_of_known_effect.query("metric == @metric")
    # The mean amount of gamma(2, 20) is 40.
    truth = {"purchase": 0.06, "revenue": 0.06 * 40}[metric]
    lower, upper = lifts[f"{way}lower_95"], lifts[f"{way}upper_95"]
    assert 0.93 <= ((lower <= truth) & (truth <= upper)).mean() <= 0.97
    assert len(lifts) == 1000


def test_the_window_before_the_send_makes_intervals_shorter(campaigns_of_known_effect):
    width = campaigns_of_known_effect.eval("cuped_upper_95 - cuped_lower_95")
    plain = campaigns_of_known_effect.eval("upper_95 - lower_95")
    assert width.mean() < plain.mean()


def test_intervals_cover_the_planted_effects_of_forty_samples():
    frames, truths = [], []
    # The committed sample is the first of them.
    for seed in range(42, 82):
        contacts, orders, effects = draw_campaigns(seed=seed)
        added = effects.assign(added=effects["p_with"] - effects["p_without"])
        added["campaign_id"] += f" {seed}"
        truths.append(added.groupby(["campaign_id", "arm"])["added"].mean())
        frames.append(contacts.assign(campaign_id=contacts["campaign_id"] + f" {seed}"))
        starts = {one.campaign_id: pd.Timestamp(one.started_at) for one in CAMPAIGNS}
        begun = contacts["campaign_id"].map(starts)
        days = contacts[["customer_id"]].assign(begun=begun).reset_index()
        placed = days.merge(orders[~orders["is_cancelled"]], on="customer_id")
        age = placed["ordered_at"] - placed["begun"]
        is_answer = (age >= pd.Timedelta(0)) & (age < pd.Timedelta(days=WINDOW_DAYS))
        frames[-1]["purchase"] = contacts.index.isin(placed.loc[is_answer, "index"]) * 1.0
    lifts = compare_arms(to_outcomes(pd.concat(frames), metrics=("purchase",)))
    lifts = lifts.set_index(["campaign_id", "arm"])
    truth = pd.concat(truths).reindex(lifts.index)
    assert len(lifts) == 200
    is_covered = (lifts["lower_95"] <= truth) & (truth <= lifts["upper_95"])
    low, high = stats.binom.interval(0.95, 200, 0.95)
    campaign = [name.split()[0] for name, _ in lifts.index]
    covered = is_covered.groupby([campaign, lifts.index.get_level_values("arm")]).sum()
    print(covered, is_covered.sum())
    assert low <= is_covered.sum() <= high
    low, high = stats.binom.interval(0.95, 40, 0.95)
    assert covered.between(low, high).all()


def test_a_campaign_without_control_is_shown_and_not_compared():
    outcomes = to_outcomes(to_customers({("a", "treatment"): (100, 10)}), metrics=("purchase",))
    lift = compare_arms(outcomes).iloc[0]
    assert (lift["treatment_customers"], lift["control_customers"]) == (100, 0)
    assert lift["treatment_mean"] == pytest.approx(0.1)
    assert np.isnan([lift["difference"], lift["p_value"], lift["lower_95"]]).all()


@pytest.mark.parametrize("empty", ["control", "treatment"])
def test_an_arm_of_nobody_is_shown_and_not_compared(empty):
    outcomes = to_outcomes(draw_customers(np.random.default_rng(42)))
    sums = outcomes.columns[outcomes.columns.str.contains("total|customers")]
    outcomes.loc[outcomes["arm"] == empty, sums] = 0
    lifts = compare_arms(outcomes)
    assert (lifts[f"{empty}_customers"] == 0).all()
    figures = lifts[["difference", "p_value", "q_value", "cuped_difference", "upper_95"]]
    assert figures.isna().all(axis=None)


def test_no_campaigns_give_no_rows_of_the_same_types():
    filled = to_outcomes(to_customers({("a", "treatment"): (9, 1)}), metrics=("purchase",))
    empty = compare_arms(filled.iloc[:0])
    assert empty.empty
    assert empty.dtypes.astype(str).to_dict() == COMPARISON_TYPES
    assert (compare_arms(filled).dtypes == empty.dtypes).all()


def test_an_arm_that_stands_twice_is_named():
    outcomes = to_outcomes(to_customers({("a", "control"): (9, 1)}), metrics=("purchase",))
    with pytest.raises(ValueError, match="campaign a more than once"):
        compare_arms(pd.concat([outcomes, outcomes]))


def to_lifts(rows: list[tuple]) -> pd.DataFrame:
    columns = ["list_name", "campaign_id", "arm", "offer", "difference", "standard_error"]
    return pd.DataFrame(rows, columns=columns).assign(metric="purchase", treatment_customers=100)


def test_campaigns_of_a_list_are_pooled_by_their_precision():
    lifts = to_lifts(
        [
            ("l", "a", "treatment", "x", 0.10, 0.02),
            ("l", "b", "treatment", "x", 0.02, 0.01),
            ("l", "c", "treatment", "x", 0.04, 0.04),
            ("m", "d", "treatment", "x", 0.03, 0.02),
        ]
    )
    pooled = pool_lifts(lifts.iloc[::-1]).set_index("list_name")
    expected = combine_effects(
        lifts["difference"][:3].to_numpy(), lifts["standard_error"][:3].to_numpy() ** 2
    )
    row = pooled.loc["l"]
    assert row["difference"] == pytest.approx(expected.mean_effect_fe, abs=1e-9)
    assert row["standard_error"] == pytest.approx(expected.sd_eff_w_fe, abs=1e-9)
    low, high = expected.conf_int(use_t=False)[0]
    assert row[["lower_95", "upper_95"]].tolist() == pytest.approx([low, high], abs=1e-9)
    assert row["heterogeneity_q"] == pytest.approx(expected.q, abs=1e-9)
    assert row["heterogeneity_p"] == pytest.approx(stats.chi2.sf(expected.q, 2), abs=1e-9)
    assert row["heterogeneity_share"] == pytest.approx(1 - 2 / expected.q, abs=1e-9)
    assert pooled.loc["m", "difference"] == pytest.approx(0.03)
    assert np.isnan(
        pooled.loc["m", ["heterogeneity_q", "heterogeneity_share"]].astype(float)
    ).all()
    assert pool_lifts(lifts.iloc[:0]).dtypes.astype(str).to_dict() == POOLED_TYPES


def test_controls_that_two_campaigns_share_count_once():
    # Both campaigns have the same 200 controls: together they are one of twice the treated.
    counts = {
        ("a", "treatment"): (400, 80), ("a", "control"): (200, 20),
        ("b", "treatment"): (400, 60), ("b", "control"): (200, 20),
    }  # fmt: skip
    lifts = compare_arms(to_outcomes(to_customers(counts), metrics=("purchase",)), proportions=())
    lifts = lifts.assign(list_name="l")
    variance = 20 * 180 / 200 / 199
    controls = pd.DataFrame(
        {"campaign_id": ["a", "b"], "metric": "purchase", "customers": 200, "variance": variance}
    )
    shared = pd.DataFrame(
        {"campaign_id": ["a"], "other_campaign_id": ["b"], "shared_controls": [200]}
    )
    once = pool_lifts(lifts, controls=controls, shared=shared).iloc[0]
    twice = pool_lifts(lifts).iloc[0]
    parts = lifts["standard_error"] ** 2 - variance / 200
    assert once["standard_error"] ** 2 == pytest.approx(1 / (1 / parts).sum() + variance / 200)
    assert once["standard_error"] > 1.2 * twice["standard_error"]
    weights = (1 / parts) / (1 / parts).sum()
    assert once["difference"] == pytest.approx((weights * lifts["difference"]).sum())
    none = pool_lifts(lifts, controls=controls, shared=shared.iloc[:0]).iloc[0]
    assert none["standard_error"] == pytest.approx(twice["standard_error"])


def test_pooled_intervals_of_campaigns_with_the_same_controls_cover():
    rng = np.random.default_rng(11)
    counts, controls = {}, {}
    for number in range(200):
        controls[f"{number} a"] = controls[f"{number} b"] = rng.binomial(100, 0.2)
        for name in (f"{number} a", f"{number} b"):
            counts[name, "treatment"] = (300, rng.binomial(300, 0.3))
            counts[name, "control"] = (100, controls[name])
    outcomes = to_outcomes(to_customers(counts), metrics=("purchase",))
    lifts = compare_arms(outcomes, proportions=())
    bought = pd.Series(controls)
    pooled = pool_lifts(
        lifts.assign(list_name=lifts["campaign_id"].str.split().str[0]),
        controls=pd.DataFrame(
            {
                "campaign_id": bought.index,
                "metric": "purchase",
                "customers": 100,
                "variance": (bought * (100 - bought) / 100 / 99).to_numpy(),
            }
        ),
        shared=pd.DataFrame(
            {
                "campaign_id": [f"{number} a" for number in range(200)],
                "other_campaign_id": [f"{number} b" for number in range(200)],
                "shared_controls": 100,
            }
        ),
    )
    low, high = stats.binom.interval(0.99, 200, 0.95)
    assert low <= pooled["lower_95"].le(0.1).mul(pooled["upper_95"].ge(0.1)).sum() <= high


def test_variants_are_compared_directly_and_campaigns_by_their_lifts():
    outcomes = to_outcomes(to_customers(COUNTS), metrics=("purchase",))
    compared = compare_arms(outcomes)
    offers = {"a": "tea", "b": "milk"}
    lifts = compared.assign(offer=compared["campaign_id"].map(offers))
    pairs = compare_offers(outcomes, lifts).set_index(["campaign_id", "arm", "other_arm"])
    assert len(pairs) == 3
    direct = pairs.loc[("a", "blue", "red")]
    expected = stats.chi2_contingency([[20, 80], [10, 90]], correction=False).pvalue
    assert direct["difference"] == pytest.approx(0.1)
    assert direct["p_value"] == pytest.approx(expected)
    error = np.hypot(*compared["standard_error"].iloc[[0, 2]])
    indirect = pairs.loc[("a", "blue", "treatment")]
    assert indirect["difference"] == pytest.approx(0.2 - (65 / 480 - 0.1))
    assert indirect["standard_error"] == pytest.approx(error)
    assert (pairs["q_value"] >= pairs["p_value"]).all()
    same = compare_offers(outcomes, lifts.assign(offer="tea"))
    assert same["other_arm"].tolist() == ["red"]
    assert compare_offers(outcomes.iloc[:0], lifts.iloc[:0]).dtypes.astype(str).to_dict() == (
        OFFER_TYPES
    )
