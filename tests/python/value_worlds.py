"""Small worlds in which it is known what a message changes for each person, and what it is worth.

A world has persons with a probability of ordering without a message, an expected margin per
order, and a past period and experiment that a method may look at. Worlds differ by what the
message adds to the probability: it rises with the baseline, falls with it, does not depend on
it, or varies from person to person whatever the baseline. The mean added is the same in all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

KINDS = ("rising", "falling", "constant", "individual")
MEAN_ADDED = 0.06
HIGHEST_BASELINE = 0.75
PAST_PERIODS = 8
CONTROL_SHARE = 0.3

# By segment: share, median baseline, median margin of an order, factor of the effect where it is
# individual.
SEGMENTS = {
    "regular": (0.25, 0.50, 26.0, 0.3),
    "occasional": (0.35, 0.22, 20.0, 1.0),
    "bargain_hunter": (0.20, 0.25, 9.0, 3.0),
    "lapsed": (0.20, 0.03, 18.0, 0.3),
}
_SPREAD_OF_BASELINE = 0.8
_SPREAD_OF_MARGIN = 0.45
# Of the margin on the log-odds of the baseline: who orders more orders dearer.
_SLOPE_OF_MARGIN = 0.15
_SPREAD_OF_ORDER = 0.5
_OFFER_COST = 1.0
_CONTACT_COSTS = (0.02, 0.06)


@dataclass(frozen=True)
class World:
    """Persons, what is true of them, and what a method may use.

    Attributes
    ----------
    people : one row per person, in order of customer_id: `customer_id`, `segment`,
        `discount_share` (in [0, 1], a sign of the individual effect), `past_orders` of
        `PAST_PERIODS` windows before everything, `past_margin` of these orders together,
        `baseline_score` (the predicted probability of an order in a window, from them), `margin`
        (predicted, of an order), `contact_cost` and `offer_cost`. All of it may be used.
    contacts : the experiment, one row per person in it: `customer_id`, `arm` (treatment or
        control, drawn at random), `has_ordered` and `margin` (0 without an order) of the window.
    truth : one row per person, in the same order: `customer_id`, `p_without`, `p_with`,
        `margin` (expected, of an order), `added` and `value` of a contact.
    """

    people: pd.DataFrame
    contacts: pd.DataFrame
    truth: pd.DataFrame


def draw_world(
    kind: str,
    *,
    customers: int = 4000,
    contacted: int | None = None,
    seed: int = 1,
) -> World:
    """Draw a world; the same arguments give the same one.

    All kinds have the same persons and past for one seed: effects alone differ.

    Parameters
    ----------
    kind : one of KINDS.
    contacted : persons of the experiment, drawn from all; half of them by default.

    Raises
    ------
    ValueError : an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind}: it is one of {', '.join(KINDS)}")
    rng = np.random.default_rng([seed, 0])
    people, truth = _draw_people(rng, customers=customers)
    added = _EFFECTS[kind](
        people, p=truth["p_without"].to_numpy(), strength=truth.pop("strength").to_numpy()
    )
    truth["p_with"] = truth["p_without"] + added
    truth["added"] = added
    truth["value"] = value_contacts(
        truth["p_without"],
        p_with=truth["p_with"],
        margin=truth["margin"],
        contact_cost=people["contact_cost"],
        offer_cost=people["offer_cost"],
    )
    count = customers // 2 if contacted is None else contacted
    contacts = _run_experiment(np.random.default_rng([seed, 1]), truth=truth, count=count)
    order = ["customer_id", "p_without", "p_with", "added", "margin", "value"]
    return World(people, contacts, truth[order])


def value_contacts(
    p_without: pd.Series,
    *,
    p_with: pd.Series,
    margin: pd.Series,
    contact_cost: pd.Series,
    offer_cost: pd.Series,
) -> pd.Series:
    """Return what contacting each person changes, in money; the offer is paid with each order."""
    return (p_with - p_without) * margin - contact_cost - offer_cost * p_with


def choose_first(world: World, ranking: pd.Series, *, share: float) -> pd.DataFrame:
    """Return the truth of those whom a ranking would contact.

    Parameters
    ----------
    ranking : higher = contacted first, in order of `world.people`; ties go by customer_id.
    """
    count = round(share * len(ranking))
    first = np.argsort(-np.asarray(ranking, dtype=float), kind="stable")[:count]
    return world.truth.iloc[first]


def gain_of(world: World, ranking: pd.Series, *, share: float = 0.2) -> float:
    """Return the true value of a contact among the first by a ranking, on average."""
    return float(choose_first(world, ranking, share=share)["value"].mean())


def orders_gained(world: World, ranking: pd.Series, *, share: float = 0.2) -> float:
    """Return the true orders that a contact adds among the first by a ranking, on average."""
    return float(choose_first(world, ranking, share=share)["added"].mean())


def _draw_people(rng: np.random.Generator, *, customers: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw persons with what is true of them without a message, and their past."""
    shares = [share for share, *_ in SEGMENTS.values()]
    segment = rng.choice(list(SEGMENTS), size=customers, p=shares)
    profile = pd.DataFrame(SEGMENTS, index=["share", "p", "margin", "factor"]).T.loc[segment]
    deviation = rng.standard_normal(customers)
    odds = logit(profile["p"].to_numpy()) + _SPREAD_OF_BASELINE * deviation
    p = np.clip(expit(odds), 0.005, HIGHEST_BASELINE)
    margin = profile["margin"].to_numpy() * np.exp(
        _SLOPE_OF_MARGIN * deviation + _SPREAD_OF_MARGIN * rng.standard_normal(customers)
    )
    own = rng.gamma(1.5, 1 / 1.5, customers)
    discounts = np.clip(0.35 * own * profile["factor"].to_numpy() ** 0.5, 0, 1)
    past_orders = rng.binomial(PAST_PERIODS, p)
    orders = [
        _draw_margins(rng, margin=np.repeat(mean, count)).sum()
        for mean, count in zip(margin, past_orders, strict=True)
    ]
    ids = [f"P{number:05d}" for number in range(1, customers + 1)]
    people = pd.DataFrame(
        {
            "customer_id": ids,
            "segment": segment,
            "discount_share": np.clip(
                discounts + 0.08 * rng.standard_normal(customers), 0, 1
            ).round(2),
            "past_orders": past_orders,
            "past_margin": np.round(orders, 2),
        }
    )
    by_segment = people.groupby("segment")
    mean_p = by_segment["past_orders"].transform("mean") / PAST_PERIODS
    mean_margin = by_segment["past_margin"].transform("sum") / by_segment["past_orders"].transform(
        "sum"
    )
    # Shrunk towards the segment: two windows' worth of it, and two orders' worth.
    people["baseline_score"] = (people["past_orders"] + 2 * mean_p) / (PAST_PERIODS + 2)
    people["margin"] = (people["past_margin"] + 2 * mean_margin) / (people["past_orders"] + 2)
    people["contact_cost"] = rng.choice(_CONTACT_COSTS, size=customers)
    people["offer_cost"] = _OFFER_COST
    truth = pd.DataFrame(
        {
            "customer_id": ids,
            "p_without": p,
            "margin": margin,
            "strength": own * profile["factor"].to_numpy(),
        }
    )
    return people, truth


def _run_experiment(rng: np.random.Generator, *, truth: pd.DataFrame, count: int) -> pd.DataFrame:
    """Draw who was in the experiment, in which arm, and who ordered in its window."""
    chosen = np.sort(rng.choice(len(truth), size=count, replace=False))
    is_control = rng.permutation(count) < round(CONTROL_SHARE * count)
    rows = truth.iloc[chosen]
    p = np.where(is_control, rows["p_without"], rows["p_with"])
    has_ordered = rng.random(count) < p
    margins = _draw_margins(rng, margin=rows["margin"].to_numpy())
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"].array,
            "arm": np.where(is_control, "control", "treatment"),
            "has_ordered": has_ordered,
            "margin": np.where(has_ordered, margins, 0).round(2),
        }
    )


def _draw_margins(rng: np.random.Generator, *, margin: np.ndarray) -> np.ndarray:
    """Draw the margin of an order for each mean."""
    noise = _SPREAD_OF_ORDER * rng.standard_normal(len(margin)) - _SPREAD_OF_ORDER**2 / 2
    return margin * np.exp(noise)


def _scale(shape: np.ndarray, *, p: np.ndarray) -> np.ndarray:
    """Return the shape scaled to the mean effect; nobody gets beyond 0.95."""
    scale = MEAN_ADDED / shape.mean()
    for _ in range(20):
        added = np.minimum(scale * shape, 0.95 - p)
        scale *= MEAN_ADDED / added.mean()
    return added


_Effect = Callable[..., np.ndarray]
_EFFECTS: dict[str, _Effect] = {
    "rising": lambda people, *, p, strength: _scale(p, p=p),
    "falling": lambda people, *, p, strength: _scale((1 - p / 0.8) ** 2, p=p),
    "constant": lambda people, *, p, strength: np.full(len(p), MEAN_ADDED),
    "individual": lambda people, *, p, strength: _scale(strength, p=p),
}
"""What a message adds, by the baseline or by the person's own strength."""
