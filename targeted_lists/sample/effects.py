"""What a message changes for one person: planted by segment and offer, in log-odds."""

from __future__ import annotations

import numpy as np
import pandas as pd

FLOOR = 0.01
"""Effects work on at least this probability: those who would never come back move a little."""

OFFERS: dict[str, dict[str, dict[str, float]]] = {
    "cross_sell": {
        "percent_off": {
            "champion": 0.1,
            "family_basket": 0.2,
            "bargain_hunter": 0.9,
            "lapsed": 0.3,
            "new_customer": 0.8,
            "one_time_old": 0.8,
        },
        "gift": {
            "champion": 0.9,
            "family_basket": 1.0,
            "bargain_hunter": 0.1,
            "lapsed": 0.5,
            "new_customer": 0.6,
            "one_time_old": 0.3,
        },
    },
    "win_back": {
        "percent_off": {
            "champion": 0.2,
            "family_basket": 0.3,
            "bargain_hunter": 1.0,
            "lapsed": 1.0,
            "new_customer": 0.8,
            "one_time_old": 1.0,
        },
        "free_delivery": {
            "champion": 1.2,
            "family_basket": 1.0,
            "bargain_hunter": 0.2,
            "lapsed": 2.1,
            "new_customer": 1.0,
            "one_time_old": 1.4,
        },
    },
    "loyal_rewards": {
        "treatment": {
            "champion": 0.0,
            "family_basket": 0.0,
            "bargain_hunter": 0.0,
            "lapsed": 0.0,
            "new_customer": 0.0,
            "one_time_old": 0.0,
        },
    },
}
"""Log-odds that an offer adds, by list, arm and segment; a list without variants has treatment."""


def add_effect(p_without: np.ndarray, *, log_odds: np.ndarray) -> np.ndarray:
    """Return the probability of an order with a message, from that without it.

    With f the larger of p and FLOOR it is p + expit(logit(f) + effect) - f: above the floor that
    is expit(logit(p) + effect), and without an effect it is p itself, exactly.

    Parameters
    ----------
    p_without : in [0, 1].
    log_odds : the effect of each; none is below 0, since a message takes no order away.

    >>> add_effect(np.array([0.5, 0.5, 0.0]), log_odds=np.array([0.0, 1.0, 1.0])).round(4)
    array([0.5   , 0.7311, 0.0167])
    """
    floored = np.maximum(p_without, FLOOR)
    growth = np.expm1(log_odds)
    return p_without + floored * (1 - floored) * growth / (1 + floored * growth)


def apply_offers(
    list_name: str, *, customer_ids: pd.Series, segments: pd.Series, p_without: np.ndarray
) -> pd.DataFrame:
    """Return what each offer of a list does to each customer.

    Parameters
    ----------
    segments, p_without : of the customers, in their order.

    Returns
    -------
    pandas.DataFrame : customer_id, arm, p_without and p_with, one row per customer and offer,
        the offers one after another.
    """
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "customer_id": customer_ids.array,
                    "arm": arm,
                    "p_without": p_without,
                    "p_with": add_effect(p_without, log_odds=segments.map(effects).to_numpy()),
                }
            )
            for arm, effects in OFFERS[list_name].items()
        ],
        ignore_index=True,
    )


def find_chance_to_move(p_without: np.ndarray, *, p_with: np.ndarray) -> np.ndarray:
    """Return how likely one who would not order does so for the message."""
    idle = 1 - p_without
    return np.divide(p_with - p_without, idle, out=np.zeros(len(idle)), where=idle > 1e-12)
