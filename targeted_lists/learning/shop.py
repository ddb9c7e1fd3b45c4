"""The tables that offers are made of: what is known at a moment, and who bought what by then.

Purchases are read customer by customer in parts, as numbers of products and days, so that neither
all purchases nor all scores are ever in one frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from python_ml.recommendations import DAY_BITS, Later, Purchases, Rule, draw_rows, read_days

SECONDS_A_DAY = 86_400
VECTORS_AT_A_TIME = 2
"""Of about 2,000 rows each, that DuckDB hands over at a time."""

HISTORY = "offer_history"
NOTHING = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Shop:
    """The tables that offers are made of, as relations of one connection.

    Attributes
    ----------
    session : the connection.
    lines : customer_id, product_id, ordered_at, is_bought.
    days : recommendation_days. products : recommendation_products.
    rules : recommendation_rule_products. segments : recommendation_segments.
    """

    session: Any
    lines: Any
    days: Any
    products: Any
    rules: Any
    segments: Any


@dataclass(frozen=True)
class Moment:
    """What is known at a moment.

    Attributes
    ----------
    as_of : validation, evaluation or current. seconds : since 1970-01-01.
    products : keys, the most bought first. is_offered, usual_days : (products,).
    rules : usable then. segments : of customers, by key.
    """

    as_of: str
    seconds: int
    products: np.ndarray
    is_offered: np.ndarray
    usual_days: np.ndarray
    rules: list[Rule]
    segments: pd.Series


def read_moment(shop: Shop, as_of: str, *, max_products: int) -> Moment | None:
    """Read what is known at a moment; None where the history has no such moment."""
    ends = shop.days.project(f"{as_of}_seconds").fetchall()
    if not ends or ends[0][0] is None:
        return None
    products = (
        shop.products.filter(f"as_of = '{as_of}'")
        .project("product_id, buyers, is_offered, cast(repurchase_days as double) as usual_days")
        .order("buyers desc, product_id")
        .limit(max_products)
        .df()
    )
    rules = shop.rules.filter(f"as_of = '{as_of}'").order("rule_number, antecedent_id").df()
    rules = rules.groupby("rule_number").agg(
        antecedent=("antecedent_id", tuple),
        consequent=("consequent_id", "first"),
        confidence=("confidence", "first"),
    )
    segments = shop.segments.filter(f"as_of = '{as_of}'").df()
    return Moment(
        as_of=as_of,
        seconds=int(ends[0][0]),
        products=products["product_id"].to_numpy(dtype=object),
        is_offered=products["is_offered"].to_numpy(dtype=bool),
        usual_days=products["usual_days"].to_numpy(dtype=float, na_value=np.nan),
        rules=[Rule(*rule) for rule in rules.itertuples(index=False)],
        segments=segments.set_index("customer_id")["segment"],
    )


def read_drawn(shop: Shop, moment: Moment, *, most: int, seed: int) -> Purchases:
    """Read the purchases of all customers up to a moment, or of so many, drawn."""
    gather_history(shop, moment)
    keys = shop.session.table(HISTORY).project("customer_id").order("customer_id").df()
    drawn = keys["customer_id"].to_numpy(dtype=object)
    drawn = drawn[draw_rows(len(drawn), most=most, seed=seed)]
    return _read_rows(_fetch_rows(shop, drawn), moment.products)


def read_tested(
    shop: Shop, moment: Moment, until: int, *, most: int, seed: int
) -> tuple[Purchases, Later]:
    """Read the purchases of who bought between a moment and another, or of so many, drawn.

    Returns
    -------
    Their purchases up to the moment, and what came after it.
    """
    bought = shop.lines.filter(
        f"is_bought and customer_id is not null and epoch(ordered_at) > {moment.seconds}"
        f" and epoch(ordered_at) <= {until}"
    )
    known = shop.session.table(HISTORY).project("customer_id")
    later = bought.project("customer_id, product_id").distinct()
    keys = later.project("customer_id").intersect(known).distinct().order("customer_id").df()
    keys = keys["customer_id"].to_numpy(dtype=object)
    keys = keys[draw_rows(len(keys), most=most, seed=seed)]
    tested = _read_rows(_fetch_rows(shop, keys), moment.products)
    frame = later.join(shop.session.from_df(pd.DataFrame({"customer_id": keys})), "customer_id")
    pairs = frame.df()
    row = pd.Index(tested.customers).get_indexer(pairs["customer_id"])
    column = pd.Index(moment.products).get_indexer(pairs["product_id"])
    is_known = (row >= 0) & (column >= 0)
    then = sparse.csr_array(
        (np.ones(is_known.sum()), (row[is_known], column[is_known])), shape=tested.shape
    )
    return tested, Later(then, moment.is_offered, moment.usual_days)


def gather_history(shop: Shop, moment: Moment) -> None:
    """Put what each customer bought up to a moment into one row: numbers of products and days.

    A list of a temporary table holds number * 65,536 + days ago, so that what was bought can be
    read customer by customer, in order, without all purchases in memory.
    """
    shop.session.register(
        "offer_products",
        pd.DataFrame({"product_id": moment.products, "number": np.arange(len(moment.products))}),
    )
    shop.session.execute(f"""
        create or replace temp table {HISTORY} as
        select
            customer_id,
            list(
                number * {1 << DAY_BITS} + least({(1 << DAY_BITS) - 1}, cast(floor(
                    ({moment.seconds} - epoch(ordered_at)) / {SECONDS_A_DAY}
                ) as bigint))
            ) filter (where number is not null) as purchases
        from ({shop.lines.sql_query()}) as lines
        left join offer_products using (product_id)
        where is_bought
            and customer_id is not null
            and epoch(ordered_at) <= {moment.seconds}
        group by customer_id
    """)
    shop.session.unregister("offer_products")


def read_history(shop: Shop, moment: Moment) -> Iterator[Purchases]:
    """Yield everybody's purchases up to the moment they were gathered for, in parts."""
    for rows in _fetch_rows(shop):
        yield _read_rows([rows], moment.products)


def _fetch_rows(shop: Shop, customers: np.ndarray | None = None) -> Iterator[pd.DataFrame]:
    """Yield one row per customer, in order, of all or of some."""
    drawn = ""
    if customers is not None:
        shop.session.register("offer_customers", pd.DataFrame({"customer_id": customers}))
        drawn = "inner join offer_customers using (customer_id)"
    shop.session.execute(f"select * from {HISTORY} {drawn} order by customer_id")
    while len(rows := shop.session.fetch_df_chunk(VECTORS_AT_A_TIME)):
        yield rows


def _read_rows(frames: Iterable[pd.DataFrame], products: np.ndarray) -> Purchases:
    customers, lists = [], []
    for rows in frames:
        customers.extend(rows["customer_id"])
        lists.extend(NOTHING if one is None else one for one in rows["purchases"])
    packed = np.concatenate([NOTHING, *lists])
    return read_days(
        np.repeat(np.arange(len(customers)), [len(one) for one in lists]),
        packed >> DAY_BITS,
        packed & ((1 << DAY_BITS) - 1),
        customers=np.array(customers, dtype=object),
        products=products,
    )
