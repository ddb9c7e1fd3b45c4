"""The sample's effects are what their truth says, by segment, offer and person."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest
from sample_shops import TRUTH, assert_calibrated, draw_shops, read_truth
from scipy.special import expit, logit

from targeted_lists.sample import process
from targeted_lists.sample.campaigns import CAMPAIGNS, WINDOW_DAYS
from targeted_lists.sample.effects import FLOOR, OFFERS, add_effect, find_chance_to_move
from targeted_lists.sample.people import END, SEGMENTS


def test_effects_are_log_odds_above_the_floor():
    p = np.array([0.0, 0.004, 0.01, 0.2, 0.7, 1.0])
    assert (add_effect(p, log_odds=np.zeros(6)) == p).all()
    moved = add_effect(p, log_odds=np.full(6, 1.3))
    assert moved[2:5] == pytest.approx(expit(logit(p[2:5]) + 1.3))
    assert moved[:2] - p[:2] == pytest.approx(np.repeat(expit(logit(FLOOR) + 1.3) - FLOOR, 2))
    assert moved[5] == 1


def test_who_would_not_order_is_moved_by_as_much_as_p_rises():
    p = np.array([0.0, 0.3, 0.9, 1.0])
    p_with = add_effect(p, log_odds=np.full(4, 0.8))
    chance = find_chance_to_move(p, p_with=p_with)
    assert p + (1 - p) * chance == pytest.approx(p_with)
    assert chance[3] == 0


def test_every_offer_has_an_effect_on_every_segment():
    assert {one.list_name for one in CAMPAIGNS} == set(OFFERS)
    for name, offers in OFFERS.items():
        assert "control" not in offers
        for effects in offers.values():
            assert set(effects) == set(SEGMENTS)
            assert min(effects.values()) >= 0
        if len(offers) > 1:
            best = pd.DataFrame(offers).idxmax(axis=1)
            assert best["bargain_hunter"] == "percent_off", name
            assert best["family_basket"] != "percent_off", name


def test_truth_of_contacts_follows_from_segment_and_offer():
    effects = read_truth("contact_effects")
    contacts = pd.read_csv(TRUTH.parent / "campaign_contacts.csv")
    planted = read_truth("campaign_effects")
    offers = planted.query("segment == 'all'").groupby("campaign_id")["arm"].nunique()
    assert len(effects) == contacts["campaign_id"].map(offers).sum()
    assert not effects.duplicated(["campaign_id", "customer_id", "arm"]).any()
    pairs = ["campaign_id", "customer_id"]
    assert len(effects.merge(contacts[pairs], on=pairs)) == len(effects)
    effects["segment"] = effects["customer_id"].map(
        read_truth("customers").set_index("customer_id")["segment"]
    )
    keys = ["campaign_id", "arm", "segment"]
    joined = effects.merge(planted, on=keys, how="left")
    floored = joined["p_without"].clip(FLOOR, 1 - 1e-12)
    added = expit(logit(floored) + joined["log_odds"]) - floored
    difference = joined["p_with"] - joined["p_without"]
    assert added.to_numpy() == pytest.approx(difference.to_numpy(), abs=3e-5)
    by_segment = joined.assign(added=difference).groupby(keys)["added"].mean()
    stated = planted[planted["segment"] != "all"].set_index(keys)["added_probability"]
    assert by_segment.to_numpy() == pytest.approx(stated[by_segment.index].to_numpy(), abs=1e-4)
    by_arm = joined.assign(added=difference).groupby(keys[:2])["added"].mean()
    whole = planted.query("segment == 'all'").set_index(keys[:2])["added_probability"]
    assert by_arm.to_numpy() == pytest.approx(whole[by_arm.index].to_numpy(), abs=1e-4)


def test_campaigns_add_what_they_should_and_very_unevenly():
    effects = read_truth("contact_effects")
    effects["added"] = effects["p_with"] - effects["p_without"]
    means = effects.groupby("campaign_id")["added"].mean()
    assert means["CMP01"] == pytest.approx(0.05, abs=0.003)
    assert means["CMP02"] == pytest.approx(0.06, abs=0.003)
    assert (effects.loc[effects["campaign_id"] == "CMP03", "added"] == 0).all()
    for _, rows in effects[effects["campaign_id"] != "CMP03"].groupby(["campaign_id", "arm"]):
        is_better = rows["added"].rank(method="first", pct=True) > 0.5
        halves = rows.groupby(is_better)["added"].mean()
        assert halves[True] > 2.5 * halves[False]
        assert halves[True] - halves[False] > 0.05
    # No offer is best for everybody, and the best of each differs from the worst by much.
    wide = effects.pivot_table(index=["campaign_id", "customer_id"], columns="arm", values="added")
    for campaign_id, other in (("CMP01", "gift"), ("CMP02", "free_delivery")):
        rows = wide.loc[campaign_id]
        assert 0.15 < (rows["percent_off"] > rows[other]).mean() < 0.85


def test_arms_ordered_as_often_as_their_truth_says():
    rows = []
    for demand in draw_shops().values():
        orders = demand.orders[~demand.orders["is_withheld"]]
        ids = demand.buyers["customer_id"]
        for campaign in CAMPAIGNS:
            start = pd.Timestamp(campaign.started_at)
            age = orders["ordered_at"] - start
            # What earlier campaigns caused is not this campaign's.
            is_own = orders["campaign_id"].isna() | (orders["campaign_id"] == campaign.campaign_id)
            within = is_own & (age >= pd.Timedelta(0)) & (age < pd.Timedelta(days=WINDOW_DAYS))
            buyers = set(ids.loc[orders.loc[within & (orders["buyer"] >= 0), "buyer"]])
            contacts = demand.contacts.query("campaign_id == @campaign.campaign_id")
            keys = ["campaign_id", "customer_id"]
            effects = demand.effects.merge(
                contacts[[*keys, "arm"]], on=keys, suffixes=("", "_got")
            )
            controls = effects[effects["arm_got"] == "control"].drop_duplicates(keys)
            treated = effects[effects["arm_got"] == effects["arm"]]
            assert len(controls) + len(treated) == len(contacts)
            rows.append(
                pd.concat(
                    [controls.assign(p=controls["p_without"]), treated.assign(p=treated["p_with"])]
                ).assign(ordered=lambda x, buyers=buyers: x["customer_id"].isin(buyers))
            )
    people = pd.concat(rows, ignore_index=True)
    assert_calibrated(people.groupby(["campaign_id", "arm_got"]))
    assert_calibrated(
        people.groupby(pd.cut(people["p"], np.linspace(-0.001, 1, 11)), observed=True)
    )


def test_truth_of_the_next_window_names_every_buyer_and_offer():
    effects = read_truth("next_effects")
    demand = draw_shops()[42]
    assert set(effects["window_days"]) == {WINDOW_DAYS}
    offers = {(name, arm) for name, arms in OFFERS.items() for arm in arms}
    assert set(zip(effects["list_name"], effects["arm"], strict=True)) == offers
    assert len(effects) == len(offers) * len(demand.buyers)
    assert (effects.groupby("customer_id")["p_without"].nunique() == 1).all()
    assert (effects["p_with"] >= effects["p_without"]).all()
    loyal = effects[effects["list_name"] == "loyal_rewards"]
    assert (loyal["p_with"] == loyal["p_without"]).all()
    p = process.find_order_probabilities(
        demand.buyers,
        levels=demand.levels["orders"],
        orders=demand.natural,
        start=pd.Timestamp(END),
        days=WINDOW_DAYS,
    )
    one = effects[effects["list_name"] == "loyal_rewards"]
    assert one["customer_id"].tolist() == demand.buyers["customer_id"].tolist()
    assert one["p_without"].to_numpy() == pytest.approx(p, abs=1e-5)


def test_truth_that_is_large_is_packed():
    for name in ("contact_effects", "next_effects"):
        packed = (TRUTH / f"{name}.csv.gz").read_bytes()
        assert len(packed) < 120_000
        assert len(gzip.decompress(packed)) > len(packed)
