"""What to offer to whom, from the tables: methods compared on past periods, and offers of now."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from python_ml.frames import to_typed
from python_ml.recommendations import (
    TEST_TYPES,
    Purchases,
    Scorer,
    choose_settings,
    chunks,
    find_offers,
    hold_back,
    make_method,
    to_single,
    try_methods,
)
from targeted_lists.learning.shop import Shop, read_drawn, read_history, read_moment, read_tested

PERIODS = {"validation": "validation", "test": "evaluation"}
"""The periods that methods are compared in, and the moment at which each begins."""

ENDS = {"validation": "evaluation", "test": "current"}
"""The moment at which each ends."""

OFFER_TYPES = {
    "regime": "str",
    "customer_id": "str",
    "product_id": "str",
    "method": "str",
    "place": "Int64",
    "score": "float64",
}
"""Columns of `score_offers` and their types."""

OFFERED = ("lists", "new")
"""Regimes that offers are made in."""

WORKERS = 2
"""Parts scored at the same time."""


def compare_methods(
    shop: Shop,
    *,
    fit_customers: int,
    test_customers: int,
    max_products: int,
    seed: int,
    progress: Callable[[str], None] = lambda sentence: None,
) -> pd.DataFrame:
    """Choose settings on the validation period, and try the methods on it and on the test period.

    Parameters
    ----------
    fit_customers : methods learn from so many customers at most, drawn.
    test_customers : they are tried on so many of those who then bought, drawn.
    max_products : products most bought that are looked at.
    seed : of the draws.
    progress : is told what is done now.

    Returns
    -------
    As `try_methods`, with the column `period` before; empty where the history has no such periods.
    """
    frames, choices = [], None
    for period, as_of in PERIODS.items():
        moment = read_moment(shop, as_of, max_products=max_products)
        if moment is None:
            continue
        ((until,),) = shop.days.project(f"{ENDS[period]}_seconds").fetchall()
        purchases = read_drawn(shop, moment, most=fit_customers, seed=seed)
        tested, later = read_tested(shop, moment, until, most=test_customers, seed=seed)
        known = {"rules": moment.rules, "segments": moment.segments}
        if choices is None:
            progress(f"trying methods of recommendation on {len(tested.customers)} customers")
            choices = choose_settings(purchases, tested, later, **known)
        found = try_methods(choices, purchases, tested, later, **known)
        frames.append(found.assign(period=period))
    return to_typed(pd.concat(frames) if frames else [], types={"period": "str"} | TEST_TYPES)


def score_offers(
    shop: Shop, chosen: pd.DataFrame, *, fit_customers: int, max_products: int, k: int, seed: int
) -> pd.DataFrame:
    """Return the best offers of each customer who ever bought, by the chosen methods.

    Parameters
    ----------
    chosen : one row per period and regime: period, regime, method, settings. Of these the regimes
        that something is offered in, as the validation period chose.
    k : offers to a customer and regime; of whom the method leaves short, what is popular in the
        segment fills up.
    """
    chosen = chosen[(chosen["period"] == "validation") & chosen["regime"].isin(OFFERED)]
    chosen = chosen.sort_values("regime", ignore_index=True)
    moment = read_moment(shop, "current", max_products=max_products)
    if moment is None or chosen.empty:
        return to_typed([], types=OFFER_TYPES)
    purchases = read_drawn(shop, moment, most=fit_customers, seed=seed)
    known = {"rules": moment.rules, "segments": moment.segments}
    behind = [to_single(one.fit(purchases)) for one in make_method("segment", "{}", **known)]
    turns = {}
    for row in chosen.itertuples():
        # A method that nobody could be tested on has no settings of its own.
        settings = row.settings if isinstance(row.settings, str) else "{}"
        methods = make_method(row.method, settings, **known)
        turns[row.regime] = [to_single(one.fit(purchases)) for one in methods] + behind
    held = functools.partial(hold_back, usual_days=moment.usual_days)
    codes, customers, waiting = [], [], collections.deque()
    with ThreadPoolExecutor(WORKERS) as workers:
        for read in read_history(shop, moment):
            waiting.append(
                workers.submit(_score, read, turns, moment.is_offered, held, k, len(customers))
            )
            customers.extend(read.customers)
            if len(waiting) > WORKERS:
                codes.append(waiting.popleft().result())
        codes.extend(one.result() for one in waiting)
    return _name_offers(codes, chosen, np.array(customers, dtype=object), moment.products)


def _score(
    purchases: Purchases,
    turns: Mapping[str, Sequence[Scorer]],
    is_offered: np.ndarray,
    held: Callable[[Purchases, str], sparse.csr_array],
    k: int,
    before: int,
) -> dict[str, np.ndarray]:
    """Return the offers to some customers as codes; so many customers were read before them."""
    parts = []
    for rows in chunks(np.arange(len(purchases.customers)), len(purchases.products)):
        some = purchases.take(rows)
        for number, (regime, scorers) in enumerate(turns.items()):
            offers, scores, turn = find_offers(
                scorers, some, is_offered=is_offered, held=held(some, regime), k=k
            )
            row, place = np.nonzero(offers >= 0)
            parts.append(
                {
                    "regime": np.full(len(row), number, dtype=np.int8),
                    "customer": (before + rows[row]).astype(np.int32),
                    "product": offers[row, place].astype(np.int32),
                    "is_behind": turn[row, place] == len(scorers) - 1,
                    "place": (place + 1).astype(np.int16),
                    "score": scores[row, place],
                }
            )
    return _join(parts)


def _join(parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _name_offers(
    codes: list[dict[str, np.ndarray]],
    chosen: pd.DataFrame,
    customers: np.ndarray,
    products: np.ndarray,
) -> pd.DataFrame:
    """Put offers together: keys and names as categories, since there are millions of rows."""
    if not codes:
        return to_typed([], types=OFFER_TYPES)
    one = _join(codes)
    methods = [*chosen["method"], "segment"]
    method = np.where(one["is_behind"], len(methods) - 1, one["regime"])
    named = {
        "regime": (one["regime"], chosen["regime"]),
        "customer_id": (one["customer"], customers),
        "product_id": (one["product"], products),
    }
    frame = {
        name: pd.Categorical.from_codes(code, pd.Index(keys))
        for name, (code, keys) in named.items()
    }
    names = pd.Index(methods).unique()
    frame["method"] = pd.Categorical.from_codes(names.get_indexer(methods)[method], names)
    return pd.DataFrame(frame | {"place": one["place"], "score": one["score"]})


def keep_texts(session: Any, offers: pd.DataFrame) -> Any:
    """Return offers as a relation of plain types: categories are none to keep."""
    kinds = {"str": "varchar", "Int64": "bigint", "float64": "double"}
    columns = [f"cast({name} as {kinds[kind]}) as {name}" for name, kind in OFFER_TYPES.items()]
    return session.from_df(offers).project(", ".join(columns))
