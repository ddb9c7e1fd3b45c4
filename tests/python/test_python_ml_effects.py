"""What a message changes for each person, on worlds in which that is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from value_worlds import KINDS, World, draw_world, gain_of

from python_ml.clv.histories import read_histories
from python_ml.clv.money import fit_money, predict_means
from python_ml.effects import learn_effects, no_contacts

PRIORS = pd.DataFrame(
    {"list_name": ["win_back"], "baseline_probability": 0.2, "added_probability": 0.03}
)
SEEDS = range(1, 13)


def contacts_of(world: World) -> pd.DataFrame:
    """Return the experiment of a world as contacts of one campaign."""
    rows = world.contacts.merge(world.people, on="customer_id", suffixes=("_came", ""))
    return pd.DataFrame(
        {
            "list_name": "win_back",
            "campaign_id": "c",
            "customer_id": rows["customer_id"],
            "arm": rows["arm"],
            "segment": rows["segment"],
            "own_probability": rows["baseline_score"],
            "label": rows["has_ordered"].astype(int),
        }
    )


def expect_margins(people: pd.DataFrame) -> pd.Series:
    """Return the expected margin of an order, from what each has ordered, as the mart does."""
    orders = people["past_orders"]
    histories = pd.DataFrame(
        {
            "customer_id": people["customer_id"],
            "repeat_orders": orders.clip(lower=1) - 1,
            "recency_weeks": np.where(orders > 1, 10.0, 0.0),
            "age_weeks": 40.0,
            "mean_margin": (people["past_margin"] / orders.clip(lower=1)).where(orders > 0),
            "margin_orders": orders,
        }
    )
    read = read_histories(histories)
    return pd.Series(predict_means(read, money=fit_money(read))[0], index=people.index)


def value_of(world: World, effects: pd.DataFrame) -> pd.Series:
    """Return the value of a contact of each person, as targeting.contact_values has it."""
    people = world.people
    own = effects[effects["variant"] == ""].set_index("segment").loc[people["segment"]]
    own = own.reset_index(drop=True)
    log_odds = logit(people["baseline_score"].clip(1e-5, 1 - 1e-5))
    without = expit(own["intercept"] + own["slope"] * (log_odds - own["center"]))
    added = own["by_odds"] * without * (1 - without) + own["flat"]
    costs = people["contact_cost"] + people["offer_cost"] * (without + added)
    return added * expect_margins(people) - costs


def compare(kind: str) -> pd.DataFrame:
    """Return by seed what a contact gains in truth, by value and by the mean margin."""
    found = []
    for seed in SEEDS:
        world = draw_world(kind, seed=seed)
        effects = learn_effects(contacts_of(world), priors=PRIORS)
        found.append(
            {
                "value": gain_of(world, value_of(world, effects)),
                "margin": gain_of(world, expect_margins(world.people)),
                "given": gain_of(world, world.people["margin"]),
            }
        )
    return pd.DataFrame(found)


@pytest.fixture(scope="module")
def gains() -> dict[str, pd.DataFrame]:
    return {kind: compare(kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("by", ["margin", "given"])
def test_value_is_never_behind_the_mean_margin_beyond_chance(gains, kind, by):
    ahead = gains[kind]["value"] - gains[kind][by]
    assert ahead.mean() > -2 * ahead.std() / np.sqrt(len(ahead))


@pytest.mark.parametrize("kind", ["falling", "individual"])
def test_where_effects_vary_value_gains_a_third_more(gains, kind):
    assert gains[kind]["value"].mean() >= 1.3 * gains[kind]["margin"].mean()


def test_a_large_experiment_tells_differences_by_segment_and_offer():
    rng = np.random.default_rng(5)
    n = 60_000
    segment = rng.choice(["A", "B"], n)
    arm = rng.choice(["control", "gift", "percent_off"], n)
    own = expit(rng.normal(-1.5, 0.8, n))
    added = {("A", "gift"): 0.10, ("B", "gift"): 0.02, ("A", "percent_off"): 0.0}
    true = np.array([added.get(pair, 0.05) for pair in zip(segment, arm, strict=True)])
    p = own + np.where(arm == "control", 0.0, true)
    contacts = pd.DataFrame(
        {
            "list_name": "win_back",
            "campaign_id": rng.choice(["c", "d"], n),
            "customer_id": np.arange(n).astype(str),
            "arm": arm,
            "segment": segment,
            "own_probability": own,
            "label": (rng.random(n) < p).astype(int),
        }
    )
    effects = learn_effects(contacts, priors=PRIORS).set_index(["variant", "segment"])
    for one in ("A", "B"):
        for variant in ("gift", "percent_off"):
            row, planted = effects.loc[variant, one], added.get((one, variant), 0.05)
            assert row["basis"] == "segment"
            assert abs(row["difference"] - planted) < 3 * row["standard_error"]
    assert effects["standard_error"].max() < 0.012
    everyone = effects.loc["", ""]
    assert abs(everyone["difference"] - 0.0425) < 3 * everyone["standard_error"]
    assert everyone["treated"] == (arm != "control").sum()
    # The baseline is the own probability.
    assert abs(everyone["slope"] - 1) < 0.1


def test_a_probability_that_is_too_high_is_set_right_by_the_controls():
    rng = np.random.default_rng(6)
    n = 20_000
    own = expit(rng.normal(-1, 0.7, n))
    true = expit(logit(own) - 1)
    arm = rng.choice(["control", "treatment"], n)
    p = np.where(arm == "control", true, expit(logit(true) + 0.5))
    contacts = pd.DataFrame({"list_name": "win_back", "campaign_id": "c", "arm": arm})
    contacts = contacts.assign(
        customer_id=np.arange(n).astype(str),
        segment="A",
        own_probability=own,
        label=(rng.random(n) < p).astype(int),
    )
    row = learn_effects(contacts, priors=PRIORS).set_index(["variant", "segment"]).loc["", "A"]
    without = expit(row["intercept"] + row["slope"] * (logit(own) - row["center"]))
    assert np.abs(without - true).mean() < 0.01
    assert row["observed_rate"] < row["expected_rate"] - 0.1
    # It is an odds ratio, and found to be one.
    assert row["odds_weight"] > 0.9


def test_too_few_orders_leave_what_is_assumed():
    contacts = contacts_of(draw_world("constant", customers=40))
    effects = learn_effects(contacts.head(8), priors=PRIORS)
    assert effects[["basis", "variant", "segment"]].to_numpy().tolist() == [["prior", "", ""]]
    assert effects["log_odds_ratio"].round(3).tolist() == [0.178]
    assert effects[["by_odds", "flat", "standard_error"]].isna().all(axis=None)


def test_the_order_of_the_rows_changes_nothing():
    contacts = contacts_of(draw_world("individual", customers=1000))
    shuffled = contacts.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(
        learn_effects(contacts, priors=PRIORS), learn_effects(shuffled, priors=PRIORS)
    )


def test_what_cannot_be_learned_from_is_refused():
    with pytest.raises(ValueError, match="own_probability lies in"):
        learn_effects(
            contacts_of(draw_world("constant", customers=500)).assign(own_probability=1.5),
            priors=PRIORS,
        )
    with pytest.raises(ValueError, match="label"):
        learn_effects(no_contacts().drop(columns="label"), priors=PRIORS)
