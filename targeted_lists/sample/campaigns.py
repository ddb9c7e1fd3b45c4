"""Past campaigns with a random control arm, and the orders that their offers caused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from targeted_lists.sample.activity import time_orders
from targeted_lists.sample.effects import OFFERS, apply_offers, find_chance_to_move
from targeted_lists.sample.people import START
from targeted_lists.sample.permissions import find_consenting
from targeted_lists.sample.process import find_order_probabilities

WINDOW_DAYS = 30
HOLDOUT_PERIOD = "2026"
"""The campaigns fall into this period of the global holdout; the project names it likewise."""
HOLDOUT_SHARE = 0.05


@dataclass(frozen=True)
class Campaign:
    """A past campaign; `OFFERS` has what it does, by its list.

    Attributes
    ----------
    started_at : the moment of the send; the window of the effect begins here.
    recency : fewest and most whole days since the last order of those eligible.
    least_orders : fewest orders before the send of those eligible.
    treated : share of the contacts that get a message; variants of the offer share it evenly.
    """

    campaign_id: str
    campaign_name: str
    list_name: str
    offer: str
    started_at: str
    recency: tuple[int, int]
    least_orders: int
    treated: float
    contact_cost: str
    offer_cost: str


CAMPAIGNS = (
    Campaign(
        campaign_id="CMP01",
        campaign_name="Goes well with, autumn 2025",
        list_name="cross_sell",
        offer="10 % off a matching product, or a gift with it",
        started_at="2025-11-17 09:00:00",
        recency=(0, 200),
        least_orders=2,
        treated=0.8,
        contact_cost="0.0200",
        offer_cost="1.8000",
    ),
    Campaign(
        campaign_id="CMP02",
        campaign_name="We miss you, winter 2026",
        list_name="win_back",
        offer="15 % off the next order, or free delivery",
        started_at="2026-01-19 09:00:00",
        recency=(45, 400),
        least_orders=1,
        treated=0.8,
        contact_cost="0.0200",
        offer_cost="3.5000",
    ),
    Campaign(
        campaign_id="CMP03",
        campaign_name="Thank you, spring 2026",
        list_name="loyal_rewards",
        offer="Double points for a week",
        started_at="2026-03-09 09:00:00",
        recency=(0, 90),
        least_orders=3,
        treated=0.9,
        contact_cost="0.0200",
        offer_cost="1.2000",
    ),
)

_PLANNED = {
    "campaign_id": "CMP04",
    "campaign_name": "Summer picks 2026",
    "list_name": "likely_responders",
    "channel": "email",
    "offer": "Free delivery in July",
    "started_at": "2026-07-13 09:00:00",
    "campaign_order": 4,
    "ended_at": "2026-08-12 09:00:00",
    "contact_cost": "0.0200",
    "offer_cost": "2.5000",
}


def list_campaigns() -> pd.DataFrame:
    """Return the input `campaigns`: the past ones and a planned one without contacts."""
    rows = [
        {
            "campaign_id": campaign.campaign_id,
            "campaign_name": campaign.campaign_name,
            "list_name": campaign.list_name,
            "channel": "email",
            "offer": campaign.offer,
            "started_at": campaign.started_at,
            "campaign_order": order,
            "ended_at": str(pd.Timestamp(campaign.started_at) + pd.Timedelta(days=WINDOW_DAYS)),
            "contact_cost": campaign.contact_cost,
            "offer_cost": campaign.offer_cost,
        }
        for order, campaign in enumerate(CAMPAIGNS, start=1)
    ]
    return pd.DataFrame([*rows, _PLANNED])


def list_effects(effects: pd.DataFrame, *, segments: pd.Series) -> pd.DataFrame:
    """Return the truth by campaign, arm and segment: log-odds, and what they come to.

    Parameters
    ----------
    effects : as `run_campaigns` returns them.
    segments : by customer_id.

    Returns
    -------
    pandas.DataFrame : one row per campaign, arm and segment of its contacts, and one for `all`
        without log-odds. `added_probability` is the mean over the contacts, whatever their arm.
    """
    by_segment = effects.assign(segment=effects["customer_id"].map(segments))
    rows = pd.concat([effects.assign(segment="all"), by_segment])
    rows["added_probability"] = rows["p_with"] - rows["p_without"]
    keys = ["campaign_id", "arm", "segment"]
    means = rows.groupby(keys, sort=False).agg(
        contacts=("added_probability", "size"), added_probability=("added_probability", "mean")
    )
    means = means.reset_index().sort_values(keys, ignore_index=True)
    lists = {campaign.campaign_id: campaign.list_name for campaign in CAMPAIGNS}
    means.insert(1, "list_name", means["campaign_id"].map(lists))
    log_odds = [
        OFFERS[row.list_name][row.arm].get(row.segment, np.nan) for row in means.itertuples()
    ]
    means.insert(4, "log_odds", log_odds)
    means["added_probability"] = means["added_probability"].round(6)
    return means.assign(window_days=WINDOW_DAYS)


def run_campaigns(
    rng: np.random.Generator,
    *,
    buyers: pd.DataFrame,
    people: pd.DataFrame,
    consents: pd.DataFrame,
    orders: pd.DataFrame,
    levels: np.ndarray,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Assign arms at random and add the orders that the messages caused.

    The global holdout is in no campaign. It is taken out after everything was drawn, so that
    the draws of the others do not depend on who is in it.

    Of the contacts who would not have ordered in the window, those who get an offer order once
    with probability (p_with - p_without) / (1 - p_without), so that p_with is the probability
    of ordering with it (`apply_offers`), and p_without that without (`process`).

    Parameters
    ----------
    orders : as `draw_orders` returns them: what happens without any campaign.
    levels : the factor `orders` of `shape_levels`.

    Returns
    -------
    contacts : the input `campaign_contacts` but for texts, one row per campaign and customer;
        converted, revenue and margin are absent, since the orders tell them. The arm is
        control, treatment, or the name of a variant.
    caused : orders as `draw_orders` returns them, with `campaign_id`, and `is_withheld`: the
        order that the message would have caused, had it gone to a customer who is held out.
        The next parts draw for it too, and then leave it out.
    effects : campaign_id, customer_id, arm, p_without and p_with, one row per contact and offer
        of the campaign, whichever it got.
    """
    rated = orders[orders["buyer"] >= 0]
    has_address = people["email"].str.match(r"[^@\s]+@[^@\s]+\.[^@\s]+$", na=False)
    reachable = set(people.loc[has_address, "customer_id"])
    all_contacts, all_caused, all_effects = [], [], []
    # Each draws from a stream of its own, so that a change in one leaves the others alone.
    streams = rng.spawn(len(CAMPAIGNS))
    for campaign, rng in zip(CAMPAIGNS, streams, strict=True):
        start = pd.Timestamp(campaign.started_at)
        before = rated[rated["ordered_at"] < start].groupby("buyer")["ordered_at"]
        past = pd.DataFrame({"orders": before.size(), "days": (start - before.max()).dt.days})
        fits = past["days"].between(*campaign.recency) & (past["orders"] >= campaign.least_orders)
        consenting = reachable & find_consenting(consents, channel="email", at=start)
        ids = buyers["customer_id"].loc[past.index[fits]]
        contacts = pd.DataFrame({"customer_id": ids[ids.isin(consenting)]})
        treated = round(campaign.treated * len(contacts))
        place = rng.permutation(len(contacts))
        is_treated = place < treated
        offers = list(OFFERS[campaign.list_name])
        offer = place % len(offers)
        in_window = (rated["ordered_at"] >= start) & (
            rated["ordered_at"] < start + pd.Timedelta(days=WINDOW_DAYS)
        )
        is_idle = ~contacts.index.isin(rated.loc[in_window, "buyer"])
        p_without = find_order_probabilities(
            buyers, levels=levels, orders=orders, start=start, days=WINDOW_DAYS
        )[contacts.index]
        effects = apply_offers(
            campaign.list_name,
            customer_ids=contacts["customer_id"],
            segments=buyers["segment"].loc[contacts.index],
            p_without=p_without,
        )
        p_with = effects["p_with"].to_numpy().reshape(len(offers), -1)
        p_with = p_with[offer, np.arange(len(contacts))]
        chance = find_chance_to_move(p_without, p_with=p_with)
        is_moved = is_treated & is_idle & (rng.random(len(contacts)) < chance)
        first = (start - pd.Timestamp(START)).days + 1
        days = rng.integers(first, first + WINDOW_DAYS - 2, is_moved.sum())
        caused = time_orders(
            rng, buyers=buyers, owners=contacts.index[is_moved].to_numpy(), days=days
        )
        contacts.insert(0, "campaign_id", campaign.campaign_id)
        contacts["arm"] = np.where(is_treated, np.array(offers)[offer], "control")
        minutes = pd.to_timedelta(rng.integers(0, 30, len(contacts)), unit="min")
        contacts["sent_at"] = (start + minutes).to_series(index=contacts.index).where(is_treated)
        clicked = rng.random(len(contacts)) < _chance_of_click(buyers.loc[contacts.index])
        clicked |= is_moved & (rng.random(len(contacts)) < 0.8)
        contacts["responded"] = pd.Series(clicked, contacts.index).astype(object).where(is_treated)
        is_in_holdout = find_holdout(contacts["customer_id"])
        holdout = contacts.index[is_in_holdout]
        all_contacts.append(contacts[~is_in_holdout])
        effects.insert(0, "campaign_id", campaign.campaign_id)
        all_effects.append(effects[~find_holdout(effects["customer_id"])])
        all_caused.append(
            caused.assign(
                campaign_id=campaign.campaign_id, is_withheld=caused["buyer"].isin(holdout)
            )
        )
    contacts, caused, effects = (
        pd.concat(frames, ignore_index=True) for frames in (all_contacts, all_caused, all_effects)
    )
    return contacts, caused, effects


def find_holdout(customer_ids: pd.Series) -> pd.Series:
    """Return which customers are in the global holdout, as the project assigns it.

    Parameters
    ----------
    customer_ids : as the files hold them.

    Returns
    -------
    pandas.Series : booleans, with the index of `customer_ids`. The bucket of a customer, 0 to
        9999, is that of md5(project | period | customer), as in the macro `hash_bucket`.
    """
    salted = f"targeted_lists|{HOLDOUT_PERIOD}|" + customer_ids
    digits = [hashlib.md5(key.encode()).hexdigest()[:8] for key in salted]
    buckets = pd.Series([int(text, 16) % 10_000 for text in digits], customer_ids.index)
    return buckets < 10_000 * HOLDOUT_SHARE


def _chance_of_click(buyers: pd.DataFrame) -> np.ndarray:
    """Return how likely each is to respond: app users, bargain seekers and regulars are."""
    score = (
        -2.6
        + 1.0 * (buyers["channel"] == 1)
        + 1.6 * buyers["discounted"]
        + 15 * buyers["base_rate"].clip(upper=0.06)
    )
    return (1 / (1 + np.exp(-score))).to_numpy()
