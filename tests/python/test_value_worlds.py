"""The worlds in which values are known are what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from value_worlds import (
    CONTROL_SHARE,
    HIGHEST_BASELINE,
    KINDS,
    MEAN_ADDED,
    PAST_PERIODS,
    draw_world,
    gain_of,
    orders_gained,
)

PEOPLE = 20_000


@pytest.fixture(scope="module")
def worlds():
    return {kind: draw_world(kind, customers=PEOPLE) for kind in KINDS}


def test_effects_depend_on_the_baseline_as_the_kind_says(worlds):
    added = {kind: world.truth["added"] for kind, world in worlds.items()}
    baseline = {kind: world.truth["p_without"] for kind, world in worlds.items()}

    def rank_correlation(kind: str) -> float:
        return added[kind].corr(baseline[kind], method="spearman")

    assert rank_correlation("rising") > 0.999
    assert rank_correlation("falling") < -0.999
    assert added["constant"].to_numpy() == pytest.approx(MEAN_ADDED)
    assert abs(rank_correlation("individual")) < 0.1
    for kind, values in added.items():
        assert values.mean() == pytest.approx(MEAN_ADDED, abs=1e-6)
        assert (values >= 0).all()
        if kind != "constant":
            halves = values.sort_values().to_numpy().reshape(2, -1).mean(axis=1)
            assert halves[1] > 2.5 * halves[0], kind


def test_individual_effects_show_by_segment_and_by_discounts(worlds):
    world = worlds["individual"]
    added, segment = world.truth["added"], world.people["segment"]
    means = added.groupby(segment).mean()
    assert means.idxmax() == "bargain_hunter"
    assert means.max() > 5 * means["regular"]
    for name, rows in added.groupby(segment):
        discounts = world.people["discount_share"].loc[rows.index]
        assert rows.corr(discounts, method="spearman") > 0.7, name


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_values_and_costs_are_consistent(worlds, kind):
    people, truth = worlds[kind].people, worlds[kind].truth
    assert people["customer_id"].equals(truth["customer_id"])
    assert people["customer_id"].is_unique
    assert truth["p_without"].between(0.005, HIGHEST_BASELINE).all()
    assert truth["p_with"].between(truth["p_without"], 0.95 + 1e-9).all()
    assert truth["margin"].min() > 0
    net = truth["p_with"] * (truth["margin"] - people["offer_cost"]) - people["contact_cost"]
    assert (net - truth["p_without"] * truth["margin"]).to_numpy() == pytest.approx(
        truth["value"].to_numpy()
    )
    # Some contacts cost more than they bring, and most do not.
    assert 0.02 < (truth["value"] < 0).mean() < 0.4


def test_all_kinds_have_the_same_persons_and_past(worlds):
    first = worlds[KINDS[0]]
    for world in worlds.values():
        pd.testing.assert_frame_equal(world.people, first.people)
        same = ["customer_id", "p_without", "margin"]
        pd.testing.assert_frame_equal(world.truth[same], first.truth[same])
        assert world.contacts[["customer_id", "arm"]].equals(
            first.contacts[["customer_id", "arm"]]
        )


def test_what_is_known_of_persons_is_near_the_truth_and_not_the_truth(worlds):
    people, truth = worlds["rising"].people, worlds["rising"].truth
    assert people["past_orders"].between(0, PAST_PERIODS).all()
    assert 0.7 < people["baseline_score"].corr(truth["p_without"]) < 0.97
    assert people["baseline_score"].mean() == pytest.approx(truth["p_without"].mean(), abs=0.01)
    assert 0.6 < people["margin"].corr(truth["margin"]) < 0.97
    # A ranking by margin finds good customers: those who order more order dearer, but not always.
    assert 0.15 < truth["margin"].corr(truth["p_without"], method="spearman") < 0.6


@pytest.mark.parametrize("kind", KINDS)
def test_the_experiment_has_random_arms_that_order_as_the_truth_says(worlds, kind):
    world = worlds[kind]
    contacts = world.contacts.merge(world.truth, on="customer_id", suffixes=("", "_expected"))
    assert len(contacts) == PEOPLE // 2
    assert not contacts["customer_id"].duplicated().any()
    is_control = contacts["arm"] == "control"
    assert is_control.mean() == pytest.approx(CONTROL_SHARE)
    contacts["p"] = np.where(is_control, contacts["p_without"], contacts["p_with"])
    band = pd.cut(contacts["p"], 6)
    for _, rows in contacts.groupby(["arm", band], observed=True):
        error = np.sqrt((rows["p"] * (1 - rows["p"])).sum())
        assert abs(rows["has_ordered"].sum() - rows["p"].sum()) < 4 * error
    assert contacts["margin"].gt(0).equals(contacts["has_ordered"])
    ordered = contacts[contacts["has_ordered"]]
    assert ordered["margin"].mean() == pytest.approx(ordered["margin_expected"].mean(), rel=0.03)
    baselines = contacts.groupby("arm")["p_without"]
    error = np.sqrt((baselines.var() / baselines.size()).sum())
    assert abs(baselines.mean().diff().iloc[-1]) < 4 * error


def test_margin_alone_is_a_good_ranking_in_some_worlds_and_a_bad_one_in_others(worlds):
    """By worlds: the true value of a contact among the first fifth by a ranking."""
    gains = pd.DataFrame(
        {
            kind: {
                "truth": gain_of(world, world.truth["value"]),
                "margin": gain_of(world, world.people["margin"]),
                "baseline": gain_of(world, world.people["baseline_score"]),
                "both": gain_of(world, world.people["baseline_score"] * world.people["margin"]),
                "everybody": world.truth["value"].mean(),
            }
            for kind, world in worlds.items()
        }
    )
    assert (gains.loc["truth"] >= gains.max()).all()
    # Where effects rise with the baseline or are the same for all, it beats chance by far.
    assert gains.loc["margin", "rising"] > 2 * gains.loc["everybody", "rising"]
    assert gains.loc["margin", "constant"] > 0.8 * gains.loc["truth", "constant"]
    # Elsewhere it does not.
    assert gains.loc["margin", "falling"] < gains.loc["everybody", "falling"]
    assert gains.loc["margin", "individual"] < 0.4 * gains.loc["truth", "individual"]
    # Who is likely to order anyway is the right one only where effects rise with it.
    assert gains.loc["both", "rising"] > gains.loc["margin", "rising"]
    assert gains.loc["both", "falling"] < 0.2 * gains.loc["everybody", "falling"]


def test_orders_gained_count_those_of_the_first(worlds):
    world = worlds["falling"]
    by_truth = orders_gained(world, world.truth["added"])
    assert by_truth == pytest.approx(
        world.truth["added"].nlargest(round(0.2 * PEOPLE)).mean(), abs=1e-9
    )
    assert orders_gained(world, -world.truth["p_without"]) == pytest.approx(by_truth)
    assert orders_gained(world, world.truth["added"], share=1.0) == pytest.approx(MEAN_ADDED)


def test_a_world_is_drawn_again_by_its_seed():
    first, again, other = (draw_world("rising", customers=500, seed=seed) for seed in (3, 3, 4))
    for name in ("people", "contacts", "truth"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))
        assert not getattr(first, name).equals(getattr(other, name))
    assert len(draw_world("rising", customers=500, contacted=120).contacts) == 120


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind is other: it is one of rising, falling"):
        draw_world("other")
