"""Which settings each method works best with, and what it would have offered with them."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from python_ml.frames import to_typed
from python_ml.recommendations.comparison import REGIMES, Later, Tested, measure, sum_likeness
from python_ml.recommendations.ease import Ease
from python_ml.recommendations.methods import Method, Popularity
from python_ml.recommendations.neighbours import SimilarCustomers, SimilarProducts
from python_ml.recommendations.purchases import Purchases
from python_ml.recommendations.repeats import Frequency, NeighbourFrequency
from python_ml.recommendations.rules import Rule, Rules

HALF_LIVES = ({"half_life_days": None}, {"half_life_days": 180.0})

SETTINGS: Mapping[str, Sequence[Mapping[str, object]]] = {
    "popularity": [{"half_life_days": None}],
    "segment": [{"half_life_days": None}, {"half_life_days": 60.0}],
    "frequency": [{"half_life_days": days} for days in (60.0, 180.0, None)],
    "cosine": [
        {"by": "cosine", "shrinkage": shrinkage, **half_life}
        for shrinkage in (0.0, 20.0)
        for half_life in HALF_LIVES
    ],
    "bm25": [{"by": "BM25", **half_life} for half_life in HALF_LIVES],
    "rules": [{}],
    "rules_then_segment": [{}],
    "user_knn": list(HALF_LIVES),
    "ease": [
        {"regularisation": regularisation, **half_life}
        for regularisation in (30.0, 100.0, 200.0, 500.0)
        for half_life in HALF_LIVES
    ]
    + [{"regularisation": 30.0, "half_life_days": 180.0, "length_power": 0.5}],
    "tifu_knn": [
        {"half_life_days": days, "share": share}
        for days in (90.0, 180.0, 365.0)
        for share in (0.5, 0.7)
    ],
}
"""What is tried of each method, the simplest method first and each one's first setting first."""

CHOICE_TYPES = {
    "regime": "str",
    "method": "str",
    "settings": "str",
    "mean_average_precision": "float64",
}
"""Columns of `choose_settings` and their types."""

TEST_TYPES = {
    "regime": "str",
    "method": "str",
    "settings": "str",
    "customer_id": "str",
    "product_id": "str",
    "place": "Int64",
    "wanted": "Int64",
    "is_hit": "bool",
    "buyer_share": "float64",
    "likeness": "float64",
}
"""Columns of `try_methods` and their types."""


def make_method(
    name: str, settings: str, *, rules: Sequence[Rule] = (), segments: pd.Series | None = None
) -> list[Method]:
    """Make a method, or several of which each fills up what those before it leave.

    Parameters
    ----------
    name : one of SETTINGS. settings : as JSON.
    rules : for the methods of rules. segments : each customer's segment by key.

    Raises
    ------
    ValueError : the name is none of SETTINGS.

    Examples
    --------
    >>> make_method("frequency", '{"half_life_days": 60.0}')
    [Frequency(half_life_days=60.0)]
    """
    if name not in SETTINGS:
        raise ValueError(f"a method is one of {', '.join(SETTINGS)}, not {name}")
    told = json.loads(settings)
    if name in ("cosine", "bm25"):
        return [SimilarProducts(**told)]
    if name in ("rules", "rules_then_segment"):
        behind = [Popularity(segments=segments)] if name == "rules_then_segment" else []
        return [Rules(rules), *behind]
    if name == "segment":
        return [Popularity(segments=segments, **told)]
    return [
        {
            "popularity": Popularity,
            "frequency": Frequency,
            "user_knn": SimilarCustomers,
            "ease": Ease,
            "tifu_knn": NeighbourFrequency,
        }[name](**told)
    ]


def choose_settings(
    purchases: Purchases,
    tested: Purchases,
    later: Later,
    *,
    rules: Sequence[Rule] = (),
    segments: pd.Series | None = None,
    k: int = 5,
) -> pd.DataFrame:
    """Find for each regime and method the settings with the highest mean average precision.

    Parameters
    ----------
    purchases : what is learned from. tested : the purchases, up to the same day, of the customers
        of `later`.
    rules, segments : as of `make_method`.
    k : offers to a customer.

    Returns
    -------
    One row per regime and method, with the columns of CHOICE_TYPES; of equally good settings the
    first. The precision is missing where nobody could be tested.
    """
    told = []
    for name, tried in SETTINGS.items():
        for settings in map(json.dumps, tried):
            turns = [
                method.fit(purchases)
                for method in make_method(name, settings, rules=rules, segments=segments)
            ]
            for regime in REGIMES:
                found = measure(turns, tested, later, regime=regime, k=k).average_precision
                precision = found.mean() if len(found) else np.nan
                told.append((regime, name, settings, precision))
    frame = to_typed(
        [dict(zip(CHOICE_TYPES, row, strict=True)) for row in told], types=CHOICE_TYPES
    )
    best = frame.sort_values("mean_average_precision", ascending=False, kind="stable")
    best = best.groupby(["regime", "method"], sort=False).head(1).sort_index()
    return best.reset_index(drop=True)


def try_methods(
    choices: pd.DataFrame,
    purchases: Purchases,
    tested: Purchases,
    later: Later,
    *,
    rules: Sequence[Rule] = (),
    segments: pd.Series | None = None,
    k: int = 10,
) -> pd.DataFrame:
    """Say what each method would have offered with its settings, and what was then bought.

    Parameters
    ----------
    choices : as `choose_settings` returns them. The others as there.

    Returns
    -------
    One row per regime, method, customer and offer, with the columns of TEST_TYPES; a customer to
    whom a method offers nothing has one row with place 0. `buyer_share` is the share of all
    customers who had bought the product, `likeness` the sum of its cosines, by who bought them,
    with the products offered at places before it; missing after the first COMPARED customers.
    """
    frames = []
    bought = purchases.bought()
    for (name, settings), some in choices.groupby(["method", "settings"], sort=False):
        turns = [
            method.fit(purchases)
            for method in make_method(name, settings, rules=rules, segments=segments)
        ]
        for regime in some["regime"]:
            found = measure(turns, tested, later, regime=regime, k=k)
            frames.append(
                _tell(found, tested, bought).assign(regime=regime, method=name, settings=settings)
            )
    return to_typed(pd.concat(frames) if frames else [], types=TEST_TYPES)


def _tell(found: Tested, tested: Purchases, bought: sparse.csr_array) -> pd.DataFrame:
    """Return one row per customer and offer."""
    customers, places = found.offers.shape
    place = np.tile(np.arange(1, places + 1), customers)
    row = np.repeat(np.arange(customers), places)
    offered = found.offers.reshape(-1)
    buyers = np.asarray(bought.sum(axis=0)).reshape(-1)
    is_told = (offered >= 0) | ((place == 1) & (offered < 0))
    has_none = offered < 0
    frame = pd.DataFrame(
        {
            "customer_id": tested.customers[found.rows][row],
            "product_id": pd.Series(tested.products[np.maximum(offered, 0)]).mask(has_none),
            "place": np.where(has_none, 0, place),
            "wanted": found.wanted[row],
            "is_hit": found.is_hit.reshape(-1),
            "buyer_share": np.where(
                has_none, np.nan, buyers[np.maximum(offered, 0)] / max(bought.shape[0], 1)
            ),
            "likeness": np.where(has_none, np.nan, sum_likeness(found.offers, bought).reshape(-1)),
        }
    )
    return frame[is_told]
