"""Everyone whom lists could reach against the global holdout: sizes, totals, and coverage."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from python_ml.experiments import compare_means, compare_proportions
from python_ml.programs import PROGRAM_TYPES, compare_with_holdout

SHARES = {"holdout": 0.05, "not in holdout": 0.95}


def sum_arms(customers: pd.DataFrame, *, name: str = "2026", stratum: str = "all") -> pd.DataFrame:
    """Return the sums of customers (arm, purchase, revenue and those before) by arm."""
    rows = []
    for arm, part in customers.groupby("arm"):
        for metric in ("purchase", "revenue"):
            value, pre = part[metric], part[f"pre_{metric}"]
            squares = {"total": value.sum(), "total_of_squares": (value**2).sum()}
            rows.append(
                {
                    "scope": "period" if stratum == "all" else "to date",
                    "holdout_period": name,
                    "stratum": stratum,
                    "arm": arm,
                    "metric": metric,
                    "planned_share": SHARES[arm],
                    "customers": len(part),
                    **squares,
                    **{f"clipped_{key}": one for key, one in squares.items()},
                    "pre_total": pre.sum(),
                    "pre_total_of_squares": (pre**2).sum(),
                    "total_of_products": (value * pre).sum(),
                }
            )
    return pd.DataFrame(rows)


def draw_shop(rng: np.random.Generator, *, customers: int, added: float = 0.1) -> pd.DataFrame:
    """Draw customers with skewed spending, and what messages add to half of the reached."""
    rate = rng.gamma(1, 1, customers)
    arm = np.where(rng.random(customers) < SHARES["holdout"], "holdout", "not in holdout")
    caused = (arm == "not in holdout") & (rng.random(customers) < added)
    orders, before = rng.poisson(rate), rng.poisson(rate)
    size = rng.lognormal(3, 0.6, customers)
    return pd.DataFrame(
        {
            "arm": arm,
            "purchase": ((orders + caused) > 0) * 1.0,
            "pre_purchase": (before > 0) * 1.0,
            "revenue": (orders + caused) * size,
            "pre_revenue": before * size,
            "caused": caused * size,
        }
    )


def test_arms_are_compared_as_campaigns_are():
    shop = draw_shop(np.random.default_rng(1), customers=2000)
    rows = compare_with_holdout(sum_arms(shop)).set_index("metric")
    holdout, reached = (shop[shop["arm"] == arm] for arm in SHARES)
    rate = compare_proportions(
        successes_treatment=reached["purchase"].sum(), n_treatment=len(reached),
        successes_control=holdout["purchase"].sum(), n_control=len(holdout),
    )  # fmt: skip
    mean = compare_means(
        mean_treatment=reached["revenue"].mean(), variance_treatment=reached["revenue"].var(),
        n_treatment=len(reached), mean_control=holdout["revenue"].mean(),
        variance_control=holdout["revenue"].var(), n_control=len(holdout),
    )  # fmt: skip
    for metric, expected in (("purchase", rate), ("revenue", mean)):
        row = rows.loc[metric, ["difference", "lower_95", "upper_95", "p_value"]].astype(float)
        assert row.tolist() == pytest.approx(
            [float(one) for one in (expected.difference, expected.lower, expected.upper)]
            + [float(expected.p_value)]
        )
    assert rows["control_customers"].eq(len(holdout)).all()
    # What was bought before the period tells much of what is bought in it.
    assert rows.loc["revenue", "variance_reduction"] > 0.2
    expected = stats.chisquare([len(holdout), len(reached)], [100, 1900]).pvalue
    assert rows["sample_ratio_p"].tolist() == pytest.approx([expected] * 2)


def test_a_holdout_of_another_size_is_broken():
    shop = draw_shop(np.random.default_rng(2), customers=4000)
    small = shop[(shop["arm"] != "holdout") | (shop.index % 2 == 0)]
    assert not compare_with_holdout(sum_arms(shop))["is_ratio_broken"].any()
    assert compare_with_holdout(sum_arms(small))["is_ratio_broken"].all()


def test_periods_add_up_to_date():
    rng = np.random.default_rng(3)
    periods = {name: draw_shop(rng, customers=size) for name, size in (("1", 3000), ("2", 1500))}
    both = compare_with_holdout(
        pd.concat([sum_arms(shop, name="all", stratum=name) for name, shop in periods.items()])
    ).set_index("metric")
    alone = compare_with_holdout(
        pd.concat([sum_arms(shop, name=name) for name, shop in periods.items()])
    ).set_index(["metric", "holdout_period"])
    sizes = pd.Series({name: len(shop) for name, shop in periods.items()})
    for metric in ("purchase", "revenue"):
        expected = (alone.loc[metric, "difference"] * sizes / sizes.sum()).sum()
        assert both.loc[metric, "difference"] == pytest.approx(expected)
    assert (
        both["control_customers"].tolist()
        == [sum((shop["arm"] == "holdout").sum() for shop in periods.values())] * 2
    )


def test_without_a_holdout_or_without_customers_nothing_is_compared():
    shop = draw_shop(np.random.default_rng(4), customers=50)
    rows = compare_with_holdout(sum_arms(shop[shop["arm"] == "not in holdout"]))
    assert rows["control_customers"].eq(0).all()
    assert rows[["difference", "p_value", "sample_ratio_p"]].isna().all(axis=None)
    assert not rows["is_ratio_broken"].any()
    assert compare_with_holdout(sum_arms(shop.assign(arm="holdout"))).empty
    nobody = compare_with_holdout(sum_arms(shop).iloc[:0])
    assert nobody.dtypes.astype(str).to_dict() == PROGRAM_TYPES


def test_totals_of_skewed_shops_are_covered():
    # 1,000 worlds by hand: benchmarks/program_lift_coverage.py.
    arms, truth = [], {}
    for number in range(150):
        shop = draw_shop(np.random.default_rng([5, number]), customers=2000)
        arms.append(sum_arms(shop, name=str(number)))
        truth[str(number)] = shop["caused"].sum()
    lifts = compare_with_holdout(pd.concat(arms)).query("metric == 'revenue'")
    total = lifts["holdout_period"].map(truth)
    low, high = stats.binom.interval(0.99, len(lifts), 0.95)
    for kind in ("", "cuped_"):
        ends = [
            lifts[f"{kind}{end}_95"] * lifts["treatment_customers"] for end in ("lower", "upper")
        ]
        assert low <= ((ends[0] <= total) & (total <= ends[1])).sum() <= high
