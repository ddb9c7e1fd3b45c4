"""Past campaigns with a random control arm, and the effect that each truly had."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from targeted_lists.sample.activity import time_orders
from targeted_lists.sample.people import START
from targeted_lists.sample.permissions import find_consenting

WINDOW_DAYS = 30
HOLDOUT_PERIOD = "2026"
"""The campaigns fall into this period of the global holdout; the project names it likewise."""
HOLDOUT_SHARE = 0.05


@dataclass(frozen=True)
class Campaign:
    """A past campaign and its planted truth.

    Attributes
    ----------
    started_at : the moment of the send; the window of the effect begins here.
    recency : fewest and most whole days since the last order of those eligible.
    least_orders : fewest orders before the send of those eligible.
    treated : share of the contacts that get the message.
    effect : true added probability of ordering within the window.
    """

    campaign_id: str
    campaign_name: str
    list_name: str
    offer: str
    started_at: str
    recency: tuple[int, int]
    least_orders: int
    treated: float
    effect: float
    contact_cost: str
    offer_cost: str


CAMPAIGNS = (
    Campaign(
        campaign_id="CMP01",
        campaign_name="Goes well with, autumn 2025",
        list_name="cross_sell",
        offer="10 % off a matching product",
        started_at="2025-11-17 09:00:00",
        recency=(0, 200),
        least_orders=2,
        treated=0.8,
        effect=0.05,
        contact_cost="0.0200",
        offer_cost="1.8000",
    ),
    Campaign(
        campaign_id="CMP02",
        campaign_name="We miss you, winter 2026",
        list_name="win_back",
        offer="15 % off the next order",
        started_at="2026-01-19 09:00:00",
        recency=(45, 400),
        least_orders=1,
        treated=0.8,
        effect=0.06,
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
        effect=0.0,
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


def list_effects() -> pd.DataFrame:
    """Return the truth: added probability of an order within the window, by campaign."""
    return pd.DataFrame(
        {
            "campaign_id": [campaign.campaign_id for campaign in CAMPAIGNS],
            "list_name": [campaign.list_name for campaign in CAMPAIGNS],
            "added_probability": [campaign.effect for campaign in CAMPAIGNS],
            "window_days": WINDOW_DAYS,
        }
    )


def run_campaigns(
    rng: np.random.Generator,
    *,
    buyers: pd.DataFrame,
    people: pd.DataFrame,
    consents: pd.DataFrame,
    orders: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Assign arms at random and add the orders that the messages caused.

    The global holdout is in no campaign. It is taken out after everything was drawn, so that
    the draws of the others do not depend on who is in it.

    Of the contacts who would not have ordered in the window, the treated ones order once with
    probability effect / (share of such contacts), so that the mean difference between the
    arms in the probability of ordering is the effect itself.

    Parameters
    ----------
    orders : as `draw_orders` returns them: what happens without any campaign.

    Returns
    -------
    contacts : the input `campaign_contacts` but for texts, one row per campaign and customer;
        converted, revenue and margin are absent, since the orders tell them.
    caused : orders as `draw_orders` returns them, with `campaign_id`, and `is_withheld`: the
        order that the message would have caused, had it gone to a customer who is held out.
        The next parts draw for it too, and then leave it out.
    """
    rated = orders[orders["buyer"] >= 0]
    has_address = people["email"].str.match(r"[^@\s]+@[^@\s]+\.[^@\s]+$", na=False)
    reachable = set(people.loc[has_address, "customer_id"])
    all_contacts, all_caused = [], []
    for campaign in CAMPAIGNS:
        start = pd.Timestamp(campaign.started_at)
        before = rated[rated["ordered_at"] < start].groupby("buyer")["ordered_at"]
        past = pd.DataFrame({"orders": before.size(), "days": (start - before.max()).dt.days})
        fits = past["days"].between(*campaign.recency) & (past["orders"] >= campaign.least_orders)
        consenting = reachable & find_consenting(consents, channel="email", at=start)
        ids = buyers["customer_id"].loc[past.index[fits]]
        contacts = pd.DataFrame({"customer_id": ids[ids.isin(consenting)]})
        treated = round(campaign.treated * len(contacts))
        is_treated = rng.permutation(len(contacts)) < treated
        in_window = (rated["ordered_at"] >= start) & (
            rated["ordered_at"] < start + pd.Timedelta(days=WINDOW_DAYS)
        )
        is_idle = ~contacts.index.isin(rated.loc[in_window, "buyer"])
        chance = campaign.effect / is_idle.mean()
        is_moved = is_treated & is_idle & (rng.random(len(contacts)) < chance)
        first = (start - pd.Timestamp(START)).days + 1
        days = rng.integers(first, first + WINDOW_DAYS - 2, is_moved.sum())
        caused = time_orders(
            rng, buyers=buyers, owners=contacts.index[is_moved].to_numpy(), days=days
        )
        contacts.insert(0, "campaign_id", campaign.campaign_id)
        contacts["arm"] = np.where(is_treated, "treatment", "control")
        minutes = pd.to_timedelta(rng.integers(0, 30, len(contacts)), unit="min")
        contacts["sent_at"] = (start + minutes).to_series(index=contacts.index).where(is_treated)
        clicked = rng.random(len(contacts)) < _chance_of_click(buyers.loc[contacts.index])
        clicked |= is_moved & (rng.random(len(contacts)) < 0.8)
        contacts["responded"] = pd.Series(clicked, contacts.index).astype(object).where(is_treated)
        is_in_holdout = find_holdout(contacts["customer_id"])
        holdout = contacts.index[is_in_holdout]
        all_contacts.append(contacts[~is_in_holdout])
        all_caused.append(
            caused.assign(
                campaign_id=campaign.campaign_id, is_withheld=caused["buyer"].isin(holdout)
            )
        )
    return pd.concat(all_contacts, ignore_index=True), pd.concat(all_caused, ignore_index=True)


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
