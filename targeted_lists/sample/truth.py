"""What was planted, as the files of `truth/` say it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from targeted_lists.sample import campaigns, permissions
from targeted_lists.sample.activity import HORIZON
from targeted_lists.sample.catalogue import PAIRS
from targeted_lists.sample.effects import OFFERS, apply_offers
from targeted_lists.sample.people import DAYS, END, FUTURE_DAYS, REGULARS, START
from targeted_lists.sample.process import (
    count_expected_orders,
    find_elapsed,
    find_order_probabilities,
    find_shapes,
)

FALL = 0.6
"""Who is expected to buy less than this share of the last 60 days' level is a decliner."""
_DAYS_A_MONTH = 30.4


@dataclass(frozen=True)
class Demand:
    """Who buys and when, the campaigns and what they caused included.

    `natural` has the orders that come without any campaign, up to the horizon; `orders` those
    before the end, with the caused ones.
    """

    products: pd.DataFrame
    buyers: pd.DataFrame
    people: pd.DataFrame
    declines: pd.DataFrame
    levels: dict[str, np.ndarray]
    natural: pd.DataFrame
    consents: pd.DataFrame
    contacts: pd.DataFrame
    effects: pd.DataFrame
    orders: pd.DataFrame


def list_truth(
    demand: Demand, *, customers_file: pd.DataFrame, lines: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return all truth but that of damaged rows, by name of the file.

    Parameters
    ----------
    customers_file : the input `customers`.
    lines : as `number_lines` returns them.
    """
    buyers = demand.buyers
    segments = buyers.set_index("customer_id")["segment"]
    return {
        "customers": _list_segments(demand, file=customers_file),
        "customer_process": _list_process(demand),
        "declines": _list_declines(buyers=buyers, declines=demand.declines),
        "product_pairs": _list_pairs(demand.products),
        "campaign_effects": campaigns.list_effects(demand.effects, segments=segments),
        "contact_effects": _round(demand.effects),
        "next_effects": _round(_list_next_effects(demand)),
        "campaign_orders": lines.loc[
            lines["campaign_id"].notna(), ["campaign_id", "order_id", "customer_id"]
        ].drop_duplicates(ignore_index=True),
    }


def _list_process(demand: Demand) -> pd.DataFrame:
    """Return the truth about each buyer's orders to come.

    Gaps between orders are Gamma(shape, 1 / shape) in operational time, which runs at
    `monthly_orders` times season times level; `elapsed` of it is gone at the end since the last
    order. Buyers of one order have no rate and no order to come.
    """
    buyers = demand.buyers
    is_regular = buyers["base_rate"] > 0
    given = {"levels": demand.levels["orders"], "orders": demand.natural}
    shape = pd.Series(find_shapes(buyers)).where(is_regular)
    elapsed = pd.Series(find_elapsed(buyers, **given, at=pd.Timestamp(END))).where(is_regular)
    process = pd.DataFrame(
        {
            "customer_id": buyers["customer_id"],
            "monthly_orders": (buyers["base_rate"] * _DAYS_A_MONTH).round(4),
            "shape": shape.astype("Int64"),
            "elapsed": elapsed.round(4),
        }
    )
    for days in (90, 365):
        expected = count_expected_orders(buyers, **given, declines=demand.declines, days=days)
        process[f"expected_orders_{days}d"] = expected.round(4)
    return process


def _list_next_effects(demand: Demand) -> pd.DataFrame:
    """Return the truth about the window after the end: every offer, for every buyer."""
    buyers = demand.buyers
    p_without = find_order_probabilities(
        buyers,
        levels=demand.levels["orders"],
        orders=demand.natural,
        start=pd.Timestamp(END),
        days=campaigns.WINDOW_DAYS,
    )
    frames = {
        name: apply_offers(
            name,
            customer_ids=buyers["customer_id"],
            segments=buyers["segment"],
            p_without=p_without,
        )
        for name in OFFERS
    }
    named = pd.concat(frames, names=["list_name", None]).reset_index("list_name")
    return named.assign(window_days=campaigns.WINDOW_DAYS)


def _round(effects: pd.DataFrame) -> pd.DataFrame:
    """Return effects with probabilities of five decimals."""
    return effects.round({"p_without": 5, "p_with": 5})


def _list_segments(demand: Demand, *, file: pd.DataFrame) -> pd.DataFrame:
    """Return the truth about each customer, who is one person.

    `declines_after_end` says for regular buyers whether the expected orders of the 60 days
    after the end, season aside, are below 60 % of those of the 60 days before; the counts
    next to it are what happened before and what would have happened after.
    """
    truth = demand.people[["customer_id", "segment"]].copy()
    natural, declines, levels = demand.natural, demand.declines, demand.levels["orders"]
    days = (natural["ordered_at"] - pd.Timestamp(START)).dt.days
    spans = {
        "orders_60d_before_end": (DAYS - FUTURE_DAYS, DAYS),
        "orders_60d_after_end": (DAYS, DAYS + FUTURE_DAYS),
    }
    last = declines[declines["start_day"] >= 0].groupby("buyer")["start_day"].last()
    dates = pd.Timestamp(START) + pd.to_timedelta(last, unit="D")
    truth["decline_start"] = dates.dt.strftime("%Y-%m-%d").reindex(truth.index)
    before = levels[:, DAYS - FUTURE_DAYS : DAYS].mean(axis=1)
    after = levels[:, DAYS:].mean(axis=1)
    is_regular = demand.buyers["segment"].isin(REGULARS)
    falls = pd.Series(np.where(after < FALL * before, "true", "false")).where(is_regular)
    truth["declines_after_end"] = falls.reindex(truth.index)
    for name, (first, end) in spans.items():
        count = natural[(days >= first) & (days < end)].groupby("buyer").size()
        truth[name] = count.reindex(truth.index, fill_value=0)
    for channel in ("email", "sms"):
        consenting = permissions.find_consenting(demand.consents, channel=channel, at=None)
        truth[f"consents_to_{channel}"] = truth["customer_id"].isin(consenting)
    truth["is_in_customers"] = truth["customer_id"].isin(file["customer_id"])
    truth["person_id"] = truth["customer_id"]
    flags = truth.select_dtypes("bool").columns
    truth[flags] = truth[flags].replace({True: "true", False: "false"})
    return truth


def _list_declines(*, buyers: pd.DataFrame, declines: pd.DataFrame) -> pd.DataFrame:
    """Return the truth about every fall, also those that would have begun after the end."""
    listed = pd.DataFrame({"customer_id": buyers["customer_id"].loc[declines["buyer"]].array})
    for name in ("precursor", "start", "recovery"):
        day = declines[f"{name}_day"]
        dates = pd.Timestamp(START) + pd.to_timedelta(day, unit="D")
        listed[f"{name}_date"] = dates.dt.strftime("%Y-%m-%d").where(day < HORIZON)
    listed["level"] = declines["low"].round(3)
    return listed


def _list_pairs(products: pd.DataFrame) -> pd.DataFrame:
    """Return the truth about pairs: the first product pulls the second into its basket."""
    ids = products.set_index("product_name")["product_id"]
    return pd.DataFrame(
        [(ids[first], ids[second], probability) for first, second, probability in PAIRS],
        columns=["antecedent", "consequent", "added_probability"],
    )
