"""Who may be contacted: consents as a log of events, suppressions, and erasures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from targeted_lists.sample.people import DAYS, END, SEGMENTS, START

_SOURCES = ("web_form", "app", "store_card", "call_centre")


def draw_consents(rng: np.random.Generator, *, people: pd.DataFrame) -> pd.DataFrame:
    """Draw the log of consents, out of order, with every trap that a log can hold.

    Most are granted on registering, some for any channel at once, some by customers of before
    without a time. Some are withdrawn later, a few of these granted again, a few withdrawn in
    the very second they are granted, a few withdrawn after the end. A consent to `service`
    messages is no consent to marketing.

    Returns
    -------
    pandas.DataFrame : one row per event with the columns of the input `consents`;
        `event_at` is missing where the time is not known.
    """
    count = len(people)
    segments = people["segment"].map(SEGMENTS)
    chance = {
        "email": np.array([getattr(s, "email_consent", 0.6) for s in segments]),
        "sms": np.array([getattr(s, "sms_consent", 0.35) for s in segments]),
    }
    grants = {channel: rng.random(count) < chance[channel] for channel in chance}
    is_joint = grants["email"] & grants["sms"] & (rng.random(count) < 0.2)
    chosen = {"any": is_joint} | {channel: grants[channel] & ~is_joint for channel in grants}
    granted = pd.concat(
        [
            people.loc[mask, ["customer_id", "registered_at"]].assign(channel=channel)
            for channel, mask in chosen.items()
        ],
        ignore_index=True,
    )
    granted = granted.rename(columns={"registered_at": "event_at"}).assign(status="granted")
    refused = people.loc[
        ~grants["email"] & ~grants["sms"] & (rng.random(count) < 0.4),
        ["customer_id", "registered_at"],
    ].rename(columns={"registered_at": "event_at"})
    refused = refused.assign(channel="any", status="withdrawn")
    service = granted[rng.random(len(granted)) < 0.04].assign(channel="sms", purpose="service")
    events = [granted, refused, service, *_draw_changes(rng, granted=granted)]
    log = pd.concat(events, ignore_index=True)
    log["purpose"] = log["purpose"].fillna("marketing")
    log["source"] = rng.choice(_SOURCES, size=len(log))
    is_old = (log["event_at"] < START) & (log["status"] == "granted")
    log.loc[is_old & (rng.random(len(log)) < 0.04), "event_at"] = pd.NaT
    log = log.iloc[rng.permutation(len(log))].reset_index(drop=True)
    return log[["customer_id", "channel", "purpose", "status", "source", "event_at"]]


def _draw_changes(rng: np.random.Generator, *, granted: pd.DataFrame) -> list[pd.DataFrame]:
    """Draw what happened to consents: withdrawn, granted again, both at once, withdrawn late."""
    fate = rng.random(len(granted))
    withdrawn = granted[fate < 0.07].assign(status="withdrawn")
    first = withdrawn["event_at"].clip(lower=pd.Timestamp(START)) + pd.Timedelta(hours=8)
    room = (pd.Timestamp(END) - first) / pd.Timedelta(seconds=1)
    seconds = (room * rng.random(len(withdrawn))).astype("int64")
    withdrawn["event_at"] = first + pd.to_timedelta(seconds, unit="s")
    again = withdrawn[rng.random(len(withdrawn)) < 0.2].assign(status="granted")
    again["event_at"] += pd.Timedelta(days=3)
    at_once = granted[(fate > 0.07) & (fate < 0.074)].assign(status="withdrawn")
    late = granted[(fate > 0.08) & (fate < 0.083)].assign(status="withdrawn")
    late["event_at"] = END + rng.integers(1, 96, len(late)).astype("timedelta64[h]")
    return [withdrawn, again, at_once, late]


def find_consenting(consents: pd.DataFrame, *, channel: str, at: np.datetime64 | None) -> set[str]:
    """Return the customers whose latest word on marketing in a channel is a grant.

    Parameters
    ----------
    consents : as `draw_consents` returns them.
    channel : events of this channel and of `any` count alike.
    at : events after it are not known yet; None counts all. An event without a time is
        before everything; of events in the same second a withdrawal wins.
    """
    events = consents[
        consents["channel"].isin([channel, "any"]) & (consents["purpose"] == "marketing")
    ]
    if at is not None:
        events = events[~(events["event_at"] > at)]
    ordered = events.assign(is_withdrawn=events["status"] == "withdrawn").sort_values(
        ["customer_id", "event_at", "is_withdrawn"], na_position="first"
    )
    latest = ordered.groupby("customer_id").tail(1)
    return set(latest.loc[latest["status"] == "granted", "customer_id"])


def draw_suppressions(rng: np.random.Generator, *, people: pd.DataFrame) -> pd.DataFrame:
    """Draw the 1.5 % who must not be contacted whatever they consented to; two after the end."""
    count = round(0.015 * len(people))
    chosen = np.sort(rng.choice(len(people), size=count, replace=False))
    day = rng.integers(60, DAYS, count)
    day[:2] = DAYS + 2
    second = rng.integers(8 * 3600, 18 * 3600, count)
    return pd.DataFrame(
        {
            "customer_id": people["customer_id"].to_numpy()[chosen],
            "reason": rng.choice(["hard_bounce", "complaint", "legal_hold"], size=count),
            "event_at": START + day.astype("timedelta64[D]") + second.astype("timedelta64[s]"),
        }
    )


def draw_erasures(rng: np.random.Generator, *, people: pd.DataFrame) -> pd.DataFrame:
    """Draw five customers who asked to be forgotten in the last two months."""
    chosen = np.sort(rng.choice(len(people), size=5, replace=False))
    day = rng.integers(DAYS - 60, DAYS, 5)
    return pd.DataFrame(
        {
            "customer_id": people["customer_id"].to_numpy()[chosen],
            "reason": "customer_request",
            "event_at": START + day.astype("timedelta64[D]") + np.timedelta64(11, "h"),
        }
    )
