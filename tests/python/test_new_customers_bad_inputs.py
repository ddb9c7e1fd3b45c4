"""New customers of odd shops, through dbt: each gets a row, and the reason in a sentence."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta

import duckdb
import pandas as pd
import pytest
from conftest import Project

DATASET = "odd_new_customers"
START, DAYS = datetime(2025, 1, 1, 12), 300


def to_lines(
    days: dict[str, list[int]], *, products: int = 12, categories: int = 4
) -> pd.DataFrame:
    """Return order lines: on each of the days an order of two products in turn."""
    rows = [
        (
            f"{customer}-{number}",
            customer,
            START + timedelta(days=day),
            f"p{place}",
            f"c{place % categories}",
            10 + place,
        )
        for index, (customer, own) in enumerate(days.items())
        for number, day in enumerate(own)
        for place in sorted({(index + number) % products, (3 * index + number) % products})
    ]
    columns = ["order_id", "customer_id", "ordered_at", "product_id", "category_1", "unit_price"]
    return pd.DataFrame(rows, columns=columns).assign(quantity=1)


def spread(customers: int, orders: int, *, first: int = 70, gap: int = 11) -> dict[str, list[int]]:
    """Return days of so many customers, of whom each comes a day after the last."""
    return {
        f"C{number:03}": list(range(first + number % 170, DAYS, gap + number % 5)[:orders])
        for number in range(customers)
    } | {"old": [0, DAYS]}


SHOPS = {
    "five customers": (to_lines(spread(5, 3)), "No model: % customers came early enough%"),
    "one product": (
        to_lines(spread(300, 3), products=1, categories=1),
        "No model: all who train became the same, c0.",
    ),
    "one order each, no categories": (
        to_lines(spread(300, 1)).drop(columns="category_1"),
        "No model: 0 customers came early enough%",
    ),
}


@pytest.fixture(scope="module")
def build(project: Project):
    """Return a function that builds the predictions of a shop, and opens its tables."""
    folder = project.folder / "data" / DATASET

    def build(lines: pd.DataFrame) -> duckdb.DuckDBPyConnection:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(project.folder / "state" / DATASET, ignore_errors=True)
        project.warehouse(DATASET).unlink(missing_ok=True)
        folder.mkdir(parents=True)
        lines.to_csv(folder / "order_lines.csv", index=False)
        outcome = project.dbt(
            *("build", "--select", "+tag:new_customers", "--indirect-selection", "cautious"),
            *("--exclude", "test_type:unit", "--exclude-resource-type", "exposure"),
            dataset=DATASET,
        )
        assert outcome.success, "\n".join(outcome.failures)
        return duckdb.connect(str(project.warehouse(DATASET)), read_only=True)

    return build


@pytest.mark.parametrize(("lines", "sentence"), SHOPS.values(), ids=SHOPS)
def test_an_odd_shop_is_told_why_nothing_is_predicted(build, lines, sentence):
    with build(lines) as connection:
        ((rows, groups, said),) = connection.execute(
            "select count(*), count(distinct (target, orders_used)), "
            "count(*) filter (where target = 'interest' and reason like ?) "
            "from new_customers.new_customer_evaluations",
            [sentence],
        ).fetchall()
        unsaid = connection.execute(
            "select * from new_customers.new_customer_predictions "
            "where (basis = 'none') <> (prediction is null) or reason is null"
        ).fetchall()
    assert rows >= groups == 9
    assert said >= 1
    assert unsaid == []


def test_a_shop_without_new_customers_predicts_nobody(build):
    lines = to_lines({f"C{number:03}": [number % 30, 90, 150, DAYS] for number in range(120)})
    with build(lines) as connection:
        reasons = connection.execute(
            "select distinct reason from new_customers.new_customer_evaluations"
        ).fetchall()
        predicted = connection.execute(
            "select count(*) from new_customers.new_customer_predictions"
        ).fetchall()
    assert reasons == [
        (
            "No model: 0 customers came early enough to train and 0 later to be predicted; "
            "it takes at least 50 and 30.",
        )
    ]
    assert predicted == [(0,)]
