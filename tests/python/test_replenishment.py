"""What customers are about to run out of: planted intervals, odd shops, and dates without order.

Most worlds are of the tables that the models read, in memory, so that many can be drawn; the
sample with refills is built whole.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import Project, query

from targeted_lists.check.command import open_models
from targeted_lists.sample import write_sample

START, DAYS = datetime(2025, 1, 1), 400
DATASET = "refills"
SHARE = 0.1

Shop = Callable[..., dict[str, pd.DataFrame]]


@pytest.fixture
def shop() -> Shop:
    """Return a function that gives the tables of replenishment for a shop's purchases.

    The purchases have `customer_id`, `product_id` and `day`, in days since the start; each is an
    order of one line.
    """

    def reckon(
        purchases: pd.DataFrame,
        *,
        names: dict[str, str] | None = None,
        gone: tuple[str, ...] = (),
        margin: float | None = 4.0,
    ) -> dict[str, pd.DataFrame]:
        lines = purchases.assign(
            ordered_at=[START + timedelta(days=float(day)) for day in purchases["day"]],
            is_placed=True,
            is_bought=True,
        )
        sold = sorted(set(lines["product_id"]))
        products = pd.DataFrame({"product_id": sold})
        products["product_name"] = [(names or {}).get(one, f"The {one}") for one in sold]
        products["is_service"] = False
        products["mean_margin"] = margin
        products["as_of"] = "current"
        products["is_offered"] = ~products["product_id"].isin(gone)
        with duckdb.connect() as connection:
            models = open_models(connection, {"as_of_date": str(START + timedelta(days=DAYS))})
            connection.execute("create table fct_order_lines as from lines")
            connection.execute("create table fct_orders as from lines")
            connection.execute("create table dim_products as from products")
            connection.execute(
                "create table recommendation_products as select * replace "
                "(mean_margin::decimal(18, 4) as mean_margin) from products"
            )
            models.built |= {
                *("fct_order_lines", "fct_orders", "dim_products", "recommendation_products")
            }
            tables = ("replenishment", "replenishment_evaluations", "candidates_replenish")
            return {
                name: connection.execute(f"from {models.build(name)} order by all").df()
                for name in tables
            }

    return reckon


def draw_refills(
    *, customers: int, seed: int, products: int = 8, jitter: float = 0.15
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw customers who buy a product steadily and others at random; and the true intervals."""
    rng = np.random.default_rng(seed)
    lasts = np.exp(rng.uniform(np.log(12), np.log(60), products))
    rows, truth = [], []
    for number in range(customers):
        customer, product = f"c{number:03}", int(rng.integers(products))
        interval = lasts[product] * np.exp(0.3 * rng.standard_normal())
        steps = interval * np.exp(jitter * rng.standard_normal(60))
        days = rng.random() * interval + np.cumsum(steps)
        rows += [(customer, f"p{product}", day) for day in days[days < DAYS]]
        truth.append((customer, f"p{product}", interval))
        other = f"q{rng.integers(products)}"
        rows += [(customer, other, day) for day in rng.uniform(0, DAYS, rng.poisson(3))]
    columns = ["customer_id", "product_id"]
    return (
        pd.DataFrame(rows, columns=[*columns, "day"]),
        pd.DataFrame(truth, columns=[*columns, "interval_days"]),
    )


def test_planted_intervals_are_found_and_what_is_due_is_bought_sooner(shop):
    purchases, truth = draw_refills(customers=250, seed=1)
    found = shop(purchases)
    both = truth.merge(found["replenishment"], on=["customer_id", "product_id"])
    error = (both["usual_interval_days"] / both["interval_days"] - 1).abs()
    assert len(both) > 240
    assert (error <= 0.25).mean() > 0.9
    assert (both["rhythm"] == "steady").mean() > 0.9
    others = found["replenishment"].query("product_id.str.startswith('q')")
    assert (others["rhythm"] == "steady").mean() < 0.2
    evaluations = found["replenishment_evaluations"]
    used = evaluations.query("is_used and period == 'test'")
    assert set(used["rhythm"]) == {"steady"}
    assert {"due_soon"} <= set(used["state"]) <= {"due_soon", "due"}
    steady = evaluations.query("rhythm == 'steady' and state == 'not_yet_due'")
    assert (steady["median_date_error"] < 0.25).all()
    candidates = found["candidates_replenish"]
    assert len(candidates) > 30
    assert candidates["customer_id"].is_unique
    assert candidates["product_id"].str.startswith("p").mean() > 0.8
    one = candidates.iloc[0]
    assert one["reason"].startswith(f"The {one['product_id']}: usually every ")
    assert one["reason"].endswith(" % was bought within 14 days when tested")


def test_where_dates_are_permuted_among_pairs_hardly_any_world_has_a_state_ahead(shop):
    """Five in a hundred worlds may have one by chance; of these thirty none has."""
    ahead = 0
    for seed in range(30):
        purchases, _ = draw_refills(customers=150, seed=seed)
        permuted = np.random.default_rng(seed).permutation(purchases["day"])
        found = shop(purchases.assign(day=permuted))
        ahead += found["replenishment_evaluations"]["is_used"].any()
    print(f"{ahead} of 30 permuted worlds have a state that is used")
    assert ahead <= 3


def test_who_buys_everything_is_compared_and_nothing_is_infinite(shop):
    days = [
        (f"c{one}", f"p{two}", day) for one in range(40) for two in range(5) for day in range(DAYS)
    ]
    found = shop(pd.DataFrame(days, columns=["customer_id", "product_id", "day"]))
    pairs = found["replenishment"]
    assert len(pairs) == 200
    assert (pairs["usual_interval_days"] == 1).all()
    assert (pairs["own_weight"] == 0).all()
    assert set(pairs["reason"]) == {"usually every 1 day, last 1 day ago"}
    evaluations = found["replenishment_evaluations"]
    assert not evaluations["is_used"].any()
    assert np.isfinite(evaluations["gain"].dropna()).all()
    assert found["candidates_replenish"].empty


def test_one_product_alone_has_its_own_interval(shop):
    purchases, truth = draw_refills(customers=120, seed=3, products=1)
    found = shop(purchases[purchases["product_id"] == "p0"])
    pairs = found["replenishment"]
    assert pairs["product_interval_days"].nunique() == 1
    assert pairs["own_weight"].between(0.5, 1).all()
    both = truth.merge(pairs, on=["customer_id", "product_id"])
    assert (both["usual_interval_days"] / both["interval_days"] - 1).abs().median() < 0.1


@pytest.mark.parametrize(
    "purchases",
    [
        pytest.param([(f"c{one}", f"p{one % 7}", 4 * one) for one in range(90)], id="never twice"),
        pytest.param(
            [(f"c{one % 9}", "p", 100 + one / 1000) for one in range(90)], id="twice on a day"
        ),
    ],
)
def test_who_buys_nothing_on_two_days_is_in_no_table(shop, purchases):
    found = shop(pd.DataFrame(purchases, columns=["customer_id", "product_id", "day"]))
    assert found["replenishment"].empty
    assert found["candidates_replenish"].empty
    evaluations = found["replenishment_evaluations"]
    assert len(evaluations) == 20
    assert evaluations["bought_share"].isna().all()
    assert not evaluations["is_used"].any()


def test_a_history_too_short_says_so_and_reminds_nobody(shop):
    purchases, _ = draw_refills(customers=80, seed=2)
    # Three weeks: neither later period would last two.
    late = purchases[purchases["day"] > DAYS - 21]
    found = shop(late)
    assert len(found["replenishment"])
    evaluations = found["replenishment_evaluations"]
    assert set(evaluations["reason"]) == {"the history is too short to test what is bought again"}
    assert evaluations["window_days"].isna().all()
    assert found["candidates_replenish"].empty


def test_one_own_interval_is_shrunk_to_the_products_and_said(shop):
    purchases, _ = draw_refills(customers=120, seed=4, products=1)
    once = pd.DataFrame(
        [("late", "p0", DAYS - 9.5), ("late", "p0", DAYS - 8.5)],
        columns=["customer_id", "product_id", "day"],
    )
    pairs = shop(pd.concat([purchases, once]))["replenishment"]
    (own,) = pairs[pairs["customer_id"] == "late"].itertuples()
    assert own.own_interval_days == pytest.approx(1)
    assert 1 < own.usual_interval_days < own.product_interval_days
    assert own.reason.endswith("last 8 days ago (bought twice so far, 1 day apart)")


def test_another_name_of_a_product_is_the_same_product(shop):
    purchases, _ = draw_refills(customers=60, seed=5)
    before, after = shop(purchases), shop(purchases, names={"p0": "Renamed, 2 kg"})
    columns = [one for one in before["replenishment"] if one != "product_name"]
    pd.testing.assert_frame_equal(
        before["replenishment"][columns], after["replenishment"][columns]
    )
    own = after["replenishment"].query("product_id == 'p0'")
    assert len(own)
    assert set(own["product_name"]) == {"Renamed, 2 kg"}


def test_what_is_no_longer_offered_is_due_and_reminds_nobody(shop):
    purchases, _ = draw_refills(customers=250, seed=1)
    gone = tuple(f"p{one}" for one in range(4))
    found = shop(purchases, gone=gone)
    due = found["replenishment"].query("state == 'due_soon' and product_id in @gone")
    assert len(due) > 5
    assert not due["is_offered"].any()
    candidates = found["candidates_replenish"]
    assert len(candidates)
    assert not set(candidates["product_id"]) & set(gone)


def test_without_known_costs_the_score_is_zero(shop):
    purchases, _ = draw_refills(customers=250, seed=1)
    found = shop(purchases, margin=None)
    assert len(found["candidates_replenish"])
    assert (found["candidates_replenish"]["score"] == 0).all()


@pytest.fixture(scope="module")
def refills(project: Project) -> Project:
    """The sample in which one in ten customers buys again what they use up, built to its lists."""
    write_sample(project.folder / "data" / DATASET, refills=SHARE)
    outcome = project.dbt(
        *("build", "--indirect-selection", "cautious"),
        *("--exclude", "test_type:unit", "--select"),
        *("+list_replenish", "+list_catalog", "replenishment"),
        dataset=DATASET,
    )
    assert outcome.success, "\n".join(outcome.failures)
    return project


def test_planted_refills_of_the_sample_are_found_and_reminded_of(refills):
    truth = pd.read_csv(refills.folder / "data" / DATASET / "truth/refills.csv")
    rows = query(
        refills.warehouse(DATASET),
        "select customer_id, product_id, usual_interval_days from offers.replenishment",
    )
    found = pd.DataFrame(rows, columns=["customer_id", "product_id", "usual_interval_days"])
    both = truth.merge(found, on=["customer_id", "product_id"], how="left")
    error = (both["usual_interval_days"] / both["interval_days"] - 1).abs()
    print(f"{(error <= 0.25).mean():.3f} of {len(truth)} planted intervals within a quarter")
    assert (error <= 0.25).mean() > 0.9
    members = query(
        refills.warehouse(DATASET),
        "select customer_id, product_id, offer_basis from lists.list_replenish",
    )
    assert len(members) > 10
    assert {basis for *_, basis in members} == {"offers"}
    planted = set(truth[["customer_id", "product_id"]].itertuples(index=False, name=None))
    reminded = [(customer, product) in planted for customer, product, _ in members]
    print(f"{sum(reminded)} of {len(members)} members are reminded of a planted product")
    assert np.mean(reminded) > 0.5
