"""The sample's probabilities and expected orders are those of its process.

Each formula is held against draws: of the generator itself, or of a few lines written here.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sample_shops import assert_calibrated, draw_shops, read_truth

from targeted_lists.sample import activity, futures, process
from targeted_lists.sample.campaigns import CAMPAIGNS, WINDOW_DAYS
from targeted_lists.sample.people import DAYS, END, SEGMENTS, START

STARTS = [*(pd.Timestamp(one.started_at) for one in CAMPAIGNS), pd.Timestamp(END)]


@pytest.fixture(scope="module")
def windows() -> pd.DataFrame:
    """Every buyer of every shop in every window: p, and whether an order came without one."""
    rows = []
    for demand in draw_shops().values():
        orders = demand.natural
        for start in STARTS:
            end = start + pd.Timedelta(days=WINDOW_DAYS)
            p = process.find_order_probabilities(
                demand.buyers,
                levels=demand.levels["orders"],
                orders=orders,
                start=start,
                days=WINDOW_DAYS,
            )
            within = orders["ordered_at"].between(start, end, inclusive="left")
            number = pd.RangeIndex(len(demand.buyers))
            rows.append(
                pd.DataFrame(
                    {
                        "segment": demand.buyers["segment"],
                        "start": start,
                        "p": p,
                        "ordered": number.isin(orders.loc[within, "buyer"]),
                        "knows": number.isin(orders.loc[orders["ordered_at"] < start, "buyer"]),
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def test_probabilities_are_those_of_the_draws(windows):
    assert windows["p"].between(0, 1).all()
    edges = [-1, 0, 0.01, 0.05, *np.linspace(0.1, 0.9, 9), 0.97, 1]
    assert_calibrated(windows.groupby(pd.cut(windows["p"], edges), observed=True))
    assert_calibrated(windows.groupby(["segment", "start", "knows"]))
    # They differ within a segment, and not by season alone.
    spread = windows[windows["knows"]].groupby(["segment", "start"])["p"].std()
    assert spread["bargain_hunter"].min() > 0.1
    assert spread["family_basket"].min() > 0.2


def test_buyers_of_one_order_order_once(windows):
    single = windows[windows["segment"].isin(["one_time_old", "new_customer"])]
    assert single.loc[single["knows"], "p"].eq(0).all()
    first = single[~single["knows"] & (single["segment"] == "one_time_old")]
    assert len(first) > 1000
    assert first["p"].gt(0).all()


def test_probability_of_a_steady_customer_is_that_of_drawn_gaps():
    rng = np.random.default_rng(1)
    rate, shape = 1 / 20, SEGMENTS["champion"].regularity
    buyers = pd.DataFrame(
        {"segment": ["champion"], "join_day": -1, "base_rate": rate, "channel": 2}
    )
    levels = np.ones((1, activity.HORIZON))
    last, start = pd.Timestamp("2025-11-03 12:00"), pd.Timestamp("2025-11-17")
    orders = pd.DataFrame({"buyer": [0], "ordered_at": [last]})
    p = process.find_order_probabilities(
        buyers, levels=levels, orders=orders, start=start, days=10
    )
    factors = activity.day_factors()
    day = (last.normalize() - pd.Timestamp(START)).days
    gone = rate * (factors[day] / 2 + factors[day + 1 : day + 14].sum())
    ahead = rate * factors[day + 14 : day + 24].sum()
    gaps = rng.gamma(shape, 1 / shape, 400_000)
    gaps = gaps[gaps > gone]
    assert len(gaps) > 100_000
    share = (gaps <= gone + ahead).mean()
    assert p[0] == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / len(gaps)))


def test_a_part_of_a_gap_is_survived_as_drawn():
    rng = np.random.default_rng(2)
    for shape in (4, 12):
        parts = rng.gamma(shape, 1 / shape, 200_000) * rng.random(200_000)
        for time in (0.0, 0.2, 0.7, 1.5):
            survived = process.survive_part_of_gap(np.array([time]), shape=np.array([shape]))
            assert survived[0] == pytest.approx((parts > time).mean(), abs=0.005)


@pytest.mark.parametrize("shape", [4, 12])
@pytest.mark.parametrize(("gone", "ahead"), [(0.0, 0.5), (0.9, 3.0), (1.6, 12.0)])
def test_renewals_are_as_many_as_are_drawn(shape, gone, ahead):
    rng = np.random.default_rng(3)
    first = rng.gamma(shape, 1 / shape, 2_000_000 if gone > 1 else 100_000)
    first = first[first > gone][:40_000] - gone
    moments = np.cumsum(
        np.column_stack([first, rng.gamma(shape, 1 / shape, (len(first), 40))]), axis=1
    )
    drawn = (moments <= ahead).sum(axis=1)
    counted = process.count_renewals(np.array([gone]), np.array([ahead]), shape=shape)
    assert len(first) > 2000
    assert counted[0] == pytest.approx(
        drawn.mean(), abs=4 * drawn.std() / np.sqrt(len(drawn)) + 1e-3
    )


def test_without_regularity_renewals_are_the_time_itself():
    counted = process.count_renewals(np.array([0.0, 2.0]), np.array([3.0, 3.0]), shape=1)
    assert counted == pytest.approx([3, 3], abs=1e-3)


@pytest.mark.parametrize("days", [60, 365])
def test_expected_orders_are_as_many_as_are_drawn(days):
    """Orders are drawn from levels that go on beyond the horizon, history and future alike."""
    drawn, expected, segments = [], [], []
    for seed, demand in draw_shops().items():
        extended = futures.extend_levels(
            demand.buyers,
            levels=demand.levels["orders"],
            declines=demand.declines,
            days=max(0, DAYS + days - activity.HORIZON),
        )
        orders = activity.draw_orders(
            np.random.default_rng([9, seed]), buyers=demand.buyers, levels=extended
        )
        expected.append(
            process.count_expected_orders(
                demand.buyers,
                levels=demand.levels["orders"],
                declines=demand.declines,
                orders=orders,
                days=days,
            )
        )
        age = orders["ordered_at"] - pd.Timestamp(END)
        ahead = orders[(age >= pd.Timedelta(0)) & (age < pd.Timedelta(days=days))]
        counts = ahead[ahead["buyer"] >= 0].groupby("buyer").size()
        drawn.append(counts.reindex(range(len(demand.buyers)), fill_value=0).to_numpy())
        segments.append(demand.buyers["segment"])
    people = pd.DataFrame(
        {
            "segment": pd.concat(segments).array,
            "drawn": np.concatenate(drawn),
            "expected": np.concatenate(expected),
        }
    )
    of_one = people["segment"].isin(["one_time_old", "new_customer"])
    assert (
        people.loc[of_one | (people["segment"] == "lapsed"), ["drawn", "expected"]]
        .eq(0)
        .all(axis=None)
    )
    for segment, rows in people[people["expected"] > 0].groupby("segment"):
        error = (rows["drawn"] - rows["expected"]).std() / np.sqrt(len(rows))
        assert abs((rows["drawn"] - rows["expected"]).mean()) < 4 * error, segment
        for half in (
            rows["expected"].rank(pct=True) > 0.5,
            rows["expected"].rank(pct=True) <= 0.5,
        ):
            part = rows[half]
            error = (part["drawn"] - part["expected"]).std() / np.sqrt(len(part))
            assert abs((part["drawn"] - part["expected"]).mean()) < 4 * error, segment


def test_levels_go_on_as_falls_are_drawn():
    rng = np.random.default_rng(4)
    days, paths = 305, np.ones((3000, 305))
    number = np.arange(days)
    for path in paths:
        day = 0
        while (day := day + int(rng.exponential(1 / activity.DAILY_HAZARD))) < days + 76:
            precursor = day - int(rng.integers(*activity.WARNING_DAYS))
            recovery = day + int(rng.integers(*activity.FALL_DAYS))
            warned = (number >= precursor) & (number < day)
            path[warned] *= 1 - 0.4 * (number[warned] - precursor) / (day - precursor)
            path[(number >= day) & (number < recovery)] *= rng.uniform(*activity.LOW)
            path[number >= recovery] *= rng.uniform(*activity.RECOVERED)
            day = recovery + activity.REST_DAYS
    expected = futures.expect_calm_levels(days)
    assert np.abs(paths.mean(axis=0) - expected).max() < 0.02
    assert expected[0] > 0.95
    assert 0.8 < expected[-1] < 0.9


def test_levels_after_the_horizon_follow_from_those_before():
    demand = draw_shops()[42]
    levels, declines = demand.levels["orders"], demand.declines
    extended = futures.extend_levels(demand.buyers, levels=levels, declines=declines, days=305)
    assert (extended[:, : activity.HORIZON] == levels).all()
    later = extended[:, activity.HORIZON :]
    segment = demand.buyers["segment"]
    assert (later[segment == "bargain_hunter"] == 1).all()
    assert (later[segment == "lapsed"] == 0).all()
    late = declines[
        (declines["recovery_day"] == activity.HORIZON) & (declines["low"] > 0)
    ].set_index("buyer")
    old = late.index[activity.HORIZON - late["start_day"] > 110]
    recent = late.index[activity.HORIZON - late["start_day"] < 50]
    assert min(len(old), len(recent)) > 10
    # What began long ago is over; what has just begun is as low as before, for some days.
    assert (later[old, 0] > 2 * levels[old, -1]).all()
    assert later[recent, 0] == pytest.approx(levels[recent, -1], abs=0.02)
    assert (later[recent, 120] > 2 * levels[recent, -1]).all()


def test_truth_of_the_process_has_the_rates_that_were_drawn():
    people = read_truth("customer_process")
    buyers = draw_shops()[42].buyers
    assert people["customer_id"].tolist() == buyers["customer_id"].tolist()
    assert people["monthly_orders"].to_numpy() == pytest.approx(
        30.4 * buyers["base_rate"], abs=1e-4
    )
    is_regular = buyers["base_rate"] > 0
    assert people["shape"].notna().eq(is_regular).all()
    assert people["elapsed"].notna().eq(is_regular).all()
    assert (people.loc[~is_regular, ["expected_orders_90d", "expected_orders_365d"]] == 0).all(
        axis=None
    )
    assert (people["expected_orders_365d"] >= people["expected_orders_90d"]).all()
    # Without season, level and the beginning, an active customer orders at the rate.
    steady = people[buyers["segment"] == "bargain_hunter"]
    assert steady["expected_orders_365d"].sum() == pytest.approx(
        (12 * steady["monthly_orders"]).sum(), rel=0.03
    )
