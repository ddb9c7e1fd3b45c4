"""Offers of odd shops, from the tables: bounded, told, never a crash, the same in any parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest

from python_ml.recommendations import SETTINGS
from targeted_lists.learning import offers
from targeted_lists.learning.offers import compare_methods, score_offers
from targeted_lists.learning.shop import Shop

START, DAYS = datetime(2025, 1, 1), 300
MOMENTS = {"validation": 180, "evaluation": 240, "current": DAYS}
SIZES = {"fit_customers": 200, "max_products": 50, "seed": 42}
CHOSEN = pd.DataFrame(
    [
        ("lists", "tifu_knn", '{"half_life_days": 180.0, "share": 0.5}'),
        ("new", "ease", '{"regularisation": 30.0, "half_life_days": null}'),
    ],
    columns=["regime", "method", "settings"],
).assign(period="validation")

MakeShop = Callable[..., Shop]


@pytest.fixture
def make_shop() -> Iterator[MakeShop]:
    """Return a function that puts purchases (customer_id, product_id, day) into tables."""
    with duckdb.connect() as session:

        def make(purchases: pd.DataFrame, *, usual_days: int | None = 30) -> Shop:
            lines = purchases.assign(
                ordered_at=pd.Timestamp(START) + pd.to_timedelta(purchases["day"], unit="D"),
                is_bought=True,
            )
            seconds = {
                name: int((START + timedelta(days=days)).timestamp())
                for name, days in MOMENTS.items()
            }
            days = pd.DataFrame([{f"{name}_seconds": at for name, at in seconds.items()}])
            sold = [
                purchases[purchases["day"] <= until]
                .groupby("product_id", as_index=False)["customer_id"]
                .nunique()
                .assign(as_of=as_of)
                for as_of, until in MOMENTS.items()
            ]
            products = pd.concat(sold).rename(columns={"customer_id": "buyers"})
            products["is_offered"] = True
            products["repurchase_days"] = pd.array([usual_days] * len(products), dtype="Int64")
            rules = pd.DataFrame(
                [("current", 1, "P0", "P1", 0.9)],
                columns=["as_of", "rule_number", "antecedent_id", "consequent_id", "confidence"],
            )
            segments = pd.DataFrame(
                [
                    (as_of, customer, "loyal")
                    for as_of in MOMENTS
                    for customer in purchases["customer_id"].unique()[::2]
                ],
                columns=["as_of", "customer_id", "segment"],
            ).astype(str)
            tables = {
                "lines": lines,
                "days": days,
                "products": products,
                "rules": rules,
                "segments": segments,
            }
            for name, frame in tables.items():
                session.register("frame", frame)
                session.execute(f"create or replace table {name} as from frame")
            return Shop(session, **{name: session.table(name) for name in tables})

        yield make


def draw(*, customers: int = 120, products: int = 30, rows: int = 3_000, seed: int = 1):
    generator = np.random.default_rng(seed)
    customer = generator.integers(customers, size=rows)
    liked = (generator.integers(products // 3, size=rows) * 3 + customer) % products
    chosen = np.where(generator.random(rows) < 0.7, liked, generator.integers(products, size=rows))
    return pd.DataFrame(
        {
            "customer_id": [f"C{one:03d}" for one in customer],
            "product_id": [f"P{one}" for one in chosen],
            "day": generator.integers(0, DAYS, size=rows),
        }
    )


def check_offers(found: pd.DataFrame, purchases: pd.DataFrame, *, usual_days: int | None) -> None:
    """Hold offers against what was bought: ranks without gaps, and nothing that is held back."""
    assert not found.duplicated(["regime", "customer_id", "product_id"]).any()
    ranks = found.groupby(["regime", "customer_id"], observed=True)["place"]
    assert (ranks.max() == ranks.size()).all()
    assert (ranks.min() == 1).all()
    last = purchases.groupby(["customer_id", "product_id"])["day"].max()
    pairs = pd.MultiIndex.from_frame(found[["customer_id", "product_id"]].astype(str))
    days_ago = DAYS - last.reindex(pairs).to_numpy()
    is_new = (found["regime"] == "new").to_numpy()
    assert np.isnan(days_ago[is_new]).all()
    held = np.isnan(days_ago) | ((days_ago >= usual_days) if usual_days else False)
    assert held.all()


@pytest.mark.parametrize("usual_days", [30, None])
def test_offers_are_those_that_may_be_made(make_shop, usual_days):
    purchases = draw()
    found = score_offers(make_shop(purchases, usual_days=usual_days), CHOSEN, k=10, **SIZES)
    check_offers(found, purchases, usual_days=usual_days)
    assert set(found["customer_id"]) == set(purchases["customer_id"])
    assert set(found["method"]) >= {"tifu_knn", "ease"}


def test_offers_are_the_same_in_any_parts_and_from_rows_in_any_order(make_shop, monkeypatch):
    purchases = draw()
    order = ["regime", "customer_id", "place"]
    whole = score_offers(make_shop(purchases), CHOSEN, k=10, **SIZES)
    whole = whole.sort_values(order, ignore_index=True)
    shuffled = purchases.sample(frac=1, random_state=3)
    monkeypatch.setattr(offers, "WORKERS", 1)
    monkeypatch.setattr(
        offers,
        "chunks",
        lambda rows, products: (rows[at : at + 7] for at in range(0, len(rows), 7)),
    )
    parts = score_offers(make_shop(shuffled), CHOSEN, k=10, **SIZES)
    pd.testing.assert_frame_equal(parts.sort_values(order, ignore_index=True), whole)


def make_odd(kind: str) -> pd.DataFrame:
    purchases = draw()
    if kind == "one product":
        return purchases.assign(product_id="P0")
    if kind == "everybody buys all":
        customers = purchases[["customer_id"]].drop_duplicates()
        products = purchases[["product_id"]].drop_duplicates()
        pairs = customers.merge(products, how="cross")
        return pd.concat([pairs.assign(day=day) for day in (10, 100, 200, 250)])
    if kind == "nobody buys twice":
        return purchases.drop_duplicates(["customer_id", "product_id"])
    if kind == "one customer":
        return purchases[purchases["customer_id"] == "C001"]
    if kind == "all on one day":
        return purchases.assign(day=DAYS - 1)
    return purchases.head(0)


@pytest.mark.parametrize(
    "kind",
    [
        "one product",
        "everybody buys all",
        "nobody buys twice",
        "one customer",
        "all on one day",
        "nobody",
    ],
)
def test_odd_shops_get_what_can_be_offered_or_nothing(make_shop, kind):
    purchases = make_odd(kind)
    shop = make_shop(purchases)
    tried = compare_methods(shop, test_customers=100, **SIZES)
    assert set(tried["method"]) <= set(SETTINGS)
    assert tried.loc[tried["place"] > 0, "product_id"].notna().all()
    if kind in ("one product", "everybody buys all"):
        # Nobody could buy anything for the first time.
        assert set(tried["regime"]) == {"lists", "all"}
    if kind in ("all on one day", "nobody"):
        assert tried.empty
    found = score_offers(shop, CHOSEN, k=10, **SIZES)
    check_offers(found, purchases, usual_days=30)
    # What was bought yesterday is held back; everything else that can be offered is.
    assert found.empty == (kind == "nobody")
    if kind in ("one product", "everybody buys all"):
        assert set(found["regime"]) <= {"lists"}


def test_methods_that_nobody_could_be_tested_on_have_settings_of_their_own(make_shop):
    chosen = CHOSEN.assign(method="rules_then_segment", settings=None)
    found = score_offers(make_shop(draw()), chosen, k=5, **SIZES)
    assert set(found["method"]) == {"rules_then_segment"} | (set(found["method"]) & {"segment"})
    assert (found["score"] > 0).all()
    assert score_offers(make_shop(draw()), CHOSEN.head(0), k=5, **SIZES).empty


def test_of_a_large_catalogue_the_most_bought_are_looked_at(make_shop):
    """200,000 products: so many as asked are learned and offered, and all customers served."""
    many = 200_000
    common = draw()
    rare = pd.DataFrame(
        {
            "customer_id": [f"C{one % 120:03d}" for one in range(many)],
            "product_id": [f"R{one}" for one in range(many)],
            "day": np.arange(many) % DAYS,
        }
    )
    shop = make_shop(pd.concat([common, rare]))
    found = score_offers(shop, CHOSEN, k=10, **SIZES)
    assert found["product_id"].nunique() <= SIZES["max_products"]
    assert found["customer_id"].nunique() == 120
    assert set(common["product_id"]) <= set(found["product_id"])
    tried = compare_methods(shop, test_customers=20, **SIZES)
    assert tried["product_id"].nunique() <= 2 * SIZES["max_products"]
