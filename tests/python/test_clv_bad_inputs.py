"""Lifetime value and values of contacts of odd shops, through dbt: figures, reasons, fallbacks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import Project

DATASET = "odd_value"
START, DAYS = datetime(2025, 7, 1, 12), 364
TODAY = (START + timedelta(days=DAYS)).date()
SCHEMAS = ("clv", "activity", "targeting", "lists", "rfm")
VALUES = ("+tag:clv", "+tag:activity")
LISTS = (
    *VALUES,
    *("rfm_skipped", "+contact_values", "+list_members", "+list_catalog", "+list_value_curve"),
)
# Product, price and unit cost, which is above the price or not known.
SOUND = ("sound", 90.0, 40.0)
AT_A_LOSS = ("loss", 90.0, 140.0)
UNKNOWN_COST = ("unknown", 90.0, None)

Ask = Callable[[str], pd.DataFrame]


@pytest.fixture(scope="module")
def build(project: Project):
    """Return a function that builds a shop of some files, and one that asks its tables.

    The dataset is the same for all, since dbt parses the project again for each name.
    """
    folder = project.folder / "data" / DATASET

    def build(*models: str, has_tests: bool = False, **files: pd.DataFrame) -> Ask:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(project.folder / "state" / DATASET, ignore_errors=True)
        project.warehouse(DATASET).unlink(missing_ok=True)
        folder.mkdir(parents=True)
        for name, rows in files.items():
            rows.to_csv(folder / f"{name}.csv", index=False)
        without = ["test_type:unit"] if has_tests else ["test_type:unit", "test_type:data"]
        outcome = project.dbt(
            *("build", "--indirect-selection", "cautious"),
            *("--exclude", *without, "--select", *models),
            dataset=DATASET,
        )
        assert outcome.success, "\n".join(outcome.failures)
        return Asking(project.warehouse(DATASET))

    return build


class Asking:
    """The tables of a shop that was built; each answer is the rows of a query."""

    def __init__(self, database: Path) -> None:
        # Its figures as they were, since the next shop takes its place.
        self.connection = duckdb.connect()
        self.connection.execute(f"attach '{database}' as shop (read_only)")
        for schema, table in self.connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'shop'"
            f" and schema_name in {SCHEMAS}"
        ).fetchall():
            self.connection.execute(f"create schema if not exists {schema}")
            self.connection.execute(f"create table {schema}.{table} as from shop.{schema}.{table}")
        self.connection.execute("detach shop")

    def __call__(self, sql: str) -> pd.DataFrame:
        return self.connection.execute(sql).df()

    def reasons(self) -> dict[tuple, int]:
        """Return how many customers have which reason, or a figure where it is empty."""
        rows = self.connection.execute(
            "select coalesce(reason, margin_reason, ''), count(*) from clv.clv_customers "
            "group by all"
        )
        return dict(rows.fetchall())


def draw_days(customers: int, *, seed: int = 3) -> list[list[int]]:
    """Draw the days on which each customer orders: some once, some often, some stop."""
    generator = np.random.default_rng(seed)
    days = []
    for _ in range(customers):
        day, gap, own = generator.uniform(0, 200), generator.gamma(2.0, 30.0), []
        while day < DAYS:
            own.append(int(day))
            if generator.random() < 0.12:
                break
            day += 1 + generator.exponential(gap)
        days.append(own)
    days[0] = [0, DAYS - 1]
    return days


def to_lines(days: dict[str, list[int]], products: dict[str, list[tuple]]) -> pd.DataFrame:
    """Return order lines: on each day an order of a customer of one of their products in turn."""
    rows = [
        (f"{customer}-{number}", customer, START + timedelta(days=day), *chosen, 1)
        for customer, own in days.items()
        for number, day in enumerate(own)
        for chosen in [products[customer][number % len(products[customer])]]
    ]
    columns = ["order_id", "customer_id", "ordered_at", "product_id", "unit_price", "unit_cost"]
    return pd.DataFrame(rows, columns=[*columns, "quantity"])


def to_people(customers: list[str]) -> dict[str, pd.DataFrame]:
    """Return files by which each customer has an e-mail and has consented to it."""
    people = pd.DataFrame({"customer_id": customers})
    return {
        "customers": people.assign(email=people["customer_id"] + "@example.org"),
        "consents": people.assign(channel="email", status="granted", event_at=START.date()),
    }


def assert_sound(ask: Ask) -> None:
    """Assert that no figure is NaN or infinite, and that what is a probability is one."""
    columns = ask(
        "select schema_name, table_name, column_name from duckdb_columns() where data_type = "
        "'DOUBLE' and not starts_with(table_name, 'ml_')"
    )
    assert len(columns) > 100
    for schema, table, column in columns.itertuples(index=False):
        values = ask(f'select "{column}" as value from {schema}.{table}')["value"].dropna()
        assert np.isfinite(values).all(), (table, column)
        if column.startswith("p_") or column.endswith("probability"):
            assert values.between(0, 1).all(), (table, column)
        if column.endswith(("_se", "standard_error")):
            assert (values >= 0).all(), (table, column)
    unexplained = ask(
        "select * from clv.clv_customers where margin_365_days is null "
        "and reason is null and margin_reason is null"
    )
    assert unexplained.empty


def assert_ranked(ask: Ask) -> None:
    """Assert that lists are in order of what a contact is worth, and take nobody at a loss."""
    members = ask(
        "select list_name, rank, expected_value::double as expected_value "
        "from targeting.list_decisions where rank is not null order by list_name, rank"
    )
    assert len(members)
    assert (members["expected_value"] >= 0).all()
    for _, own in members.groupby("list_name"):
        assert own["expected_value"].is_monotonic_decreasing


@pytest.fixture(scope="module")
def mixed(build) -> Ask:
    """A shop of all sorts: at a loss, of unknown cost, older than the files, of totals alone."""
    days = {f"c{number:03}": own for number, own in enumerate(draw_days(200))}
    sorts = [[SOUND], [AT_A_LOSS], [UNKNOWN_COST], [SOUND, UNKNOWN_COST]]
    # The first is at a loss at times, and sound in all.
    products = {customer: sorts[number % 4] for number, customer in enumerate(days)}
    lines = to_lines(days, products)
    many = [customer for customer, own in days.items() if len(own) > 1]
    of_lines = [
        # More orders than the lines; before the first line; as the lines.
        (many[0], 10, len(days[many[0]]) + 2, 400.0, 160.0, 20),
        (many[1], 10, len(days[many[1]]), 400.0, 160.0, DAYS + 200),
        (many[2], 10, len(days[many[2]]), 400.0, 160.0, 20),
    ]
    of_nobody = [
        ("sound", 30, 4, 400.0, 160.0, 200),
        ("undated", None, 4, 400.0, 160.0, None),
        ("contrary", 300, 4, 400.0, 160.0, 200),
        ("ahead", -5, 4, 400.0, 160.0, 200),
        ("never", 30, 0, 0.0, 0.0, 200),
    ]
    columns = ["customer_id", "recency_days", "orders", "revenue", "margin", "tenure_days"]
    totals = pd.DataFrame(of_lines + of_nobody, columns=columns)
    totals = totals.astype({"recency_days": "Int64", "tenure_days": "Int64"})
    planned = {"campaign_id": "next", "campaign_name": "Next", "list_name": "likely_responders"}
    ask = build(
        *LISTS,
        has_tests=True,
        order_lines=lines,
        customer_totals=totals.assign(as_of_date=TODAY),
        campaigns=pd.DataFrame([{**planned, "channel": "email", "started_at": TODAY}]),
        **to_people([*days, *totals["customer_id"].iloc[3:]]),
    )
    ask.older, ask.as_the_lines, ask.products = many[:2], many[2], products
    return ask


def test_each_customer_has_a_figure_or_the_reason(mixed):
    assert_sound(mixed)
    reasons = mixed("select customer_id, reason from clv.clv_customers where reason is not null")
    assert dict(reasons.itertuples(index=False)) == {
        mixed.older[0]: "the files do not hold all orders of the customer",
        mixed.older[1]: "the files do not hold all orders of the customer",
        "undated": "it is not known when the customer first and last ordered",
        "contrary": "the times of the first and the last order contradict each other",
        "ahead": "the times of the first and the last order contradict each other",
    }
    known = mixed("select customer_id from clv.clv_customers where margin_365_days is not null")
    # Who never ordered is no customer of lifetime value.
    assert set(known["customer_id"]) == {*mixed.products, "sound"} - set(mixed.older)
    scores = mixed(
        "select reason, basis, value_reason, expected_margin from clv.clv_customers "
        "join activity.activity_scores using (customer_id) "
        "join activity.activity_values using (customer_id) where reason is not null"
    )
    assert (scores["value_reason"] == scores["reason"]).all()
    assert scores["expected_margin"].isna().all()
    assert set(scores["basis"]) <= {"none", "overdue", "baseline"}
    skipped = mixed("select reason from rfm.rfm_skipped where customer_id = 'ahead'")["reason"]
    assert set(skipped) == {"the last order is after the as-of date"}


def test_who_costs_money_is_expected_to_and_gets_no_message(mixed):
    margins = mixed("select customer_id, order_margin, margin_365_days from clv.clv_customers")
    margins = margins.dropna().set_index("customer_id")["order_margin"]
    at_a_loss = [one for one in margins.index if mixed.products.get(one) == [AT_A_LOSS]]
    others = margins.drop([*at_a_loss, "sound"])
    assert len(at_a_loss) > 40
    assert (margins[at_a_loss] < 0).mean() > 0.9
    assert (others > 0).all()
    assert_ranked(mixed)
    values = mixed(
        "select customer_id, expected_value::double as expected_value from "
        "targeting.contact_values where order_margin < 0"
    )
    assert len(values) > 10
    assert (values["expected_value"] < 0).all()
    members = set(mixed("select customer_id from lists.list_members")["customer_id"])
    assert members
    assert not members & set(values["customer_id"])
    at_risk = mixed("select customer_value from activity.activity_values")["customer_value"]
    assert (at_risk.dropna() >= 0).all()


def test_a_margin_says_how_much_of_its_costs_is_assumed(mixed):
    bases = mixed("select distinct customer_id, margin_basis from targeting.contact_values")
    found = {basis: set(own["customer_id"]) for basis, own in bases.groupby("margin_basis")}
    assert set(found) == {"recorded", "assumed", "partly assumed"}
    for basis, sorts in (
        ("recorded", [[SOUND], [AT_A_LOSS]]),
        ("assumed", [[UNKNOWN_COST]]),
        ("partly assumed", [[SOUND, UNKNOWN_COST]]),
    ):
        own = [mixed.products[one] for one in found[basis] if one != "sound"]
        # Of two products, who ordered once has one.
        assert all(products in sorts or len(products) == 2 for products in own)


def test_without_past_campaigns_each_value_is_assumed_and_says_so(mixed):
    values = mixed("select * from targeting.contact_values")
    assert set(values["value_basis"]) == {"prior"}
    assert values["value_reason"].str.endswith(": assumed").all()
    # Who has no probability of their own has that of the list.
    of_list = values[~values["is_own_probability"]]
    assert set(of_list["customer_id"]) & set(mixed.older)
    assert of_list.groupby("list_name")["p_without"].nunique().eq(1).all()
    reasons = mixed("select list_name, stop_reason from lists.list_catalog")
    assert dict(reasons.itertuples(index=False))["likely_responders"] == (
        "no candidates: no past campaign predicts who responds, or what a response is worth"
    )


def test_of_one_order_each_nothing_is_predicted_and_lists_are_assumed(build):
    days = {f"c{number:03}": [6 * number] for number in range(60)}
    lines = to_lines(days, {customer: [SOUND] for customer in days})
    ask = build(*LISTS, order_lines=lines, **to_people(list(days)))
    assert_sound(ask)
    assert ask.reasons() == {"nobody has ordered on two days": 60}
    models = ask("select model, reason, customers from clv.clv_models where reason is not null")
    assert set(models["reason"]) == {"nobody has ordered on two days"}
    values = ask("select distinct value_reason, expected_margin from activity.activity_values")
    assert values["value_reason"].tolist() == ["nobody has ordered on two days"]
    contacts = ask(
        "select distinct is_own_probability, value_reason from targeting.contact_values"
    )
    assert contacts.to_numpy().tolist() == [
        [False, "orders 12 % without the message, 16 % with it: assumed"]
    ]
    members = ask("select * from lists.list_members")
    assert set(members["list_name"]) == {"second_purchase"}
    assert_ranked(ask)


def test_of_orders_of_one_day_nothing_is_predicted(build):
    days = {f"c{number:03}": [100] * (1 + number % 3) for number in range(60)}
    lines = to_lines(days, {customer: [SOUND] for customer in days})
    ask = build(*VALUES, order_lines=lines)
    assert_sound(ask)
    assert ask.reasons() == {"nobody has ordered on two days": 60}
    evaluations = ask("select period, reason, choice_reason, is_chosen from clv.clv_evaluations")
    assert evaluations.to_numpy().tolist() == [
        ["none", "there is no past day to learn from", "not_back_tested", True]
    ]
    scores = ask("select distinct risk_band, rule_reason from activity.activity_scores")
    assert scores["rule_reason"].tolist() == [
        "not a regular customer; nobody has ordered on two days"
    ]
    assert scores["risk_band"].isna().all()


def test_of_ten_customers_nothing_is_predicted(build):
    days = {f"c{number:03}": [6 * number, 300] for number in range(10)}
    lines = to_lines(days, {customer: [SOUND] for customer in days})
    ask = build("+tag:clv", order_lines=lines)
    reason = "too few customers to fit a model: it takes 50"
    assert ask.reasons() == {reason: 10}
    chosen = ask("select distinct method, reason from clv.clv_evaluations where is_chosen")
    assert chosen.to_numpy().tolist() == [["mbg_nbd", reason]]


def test_totals_alone_that_all_cost_money_have_figures_and_no_members(build):
    generator = np.random.default_rng(5)
    orders, recency = 1 + generator.poisson(2.0, 60), generator.integers(1, 200, 60)
    totals = pd.DataFrame({"customer_id": [f"t{number:02}" for number in range(60)]})
    totals = totals.assign(
        as_of_date=TODAY,
        recency_days=recency,
        orders=orders,
        revenue=90.0 * orders,
        margin=-50.0 * orders,
        tenure_days=recency + np.where(orders > 1, generator.integers(20, 400, 60), 0),
    )
    ask = build(*LISTS, customer_totals=totals, **to_people(list(totals["customer_id"])))
    assert_sound(ask)
    assert ask.reasons() == {"": 60}
    customers = ask("select source, order_margin, margin_365_days from clv.clv_customers")
    assert set(customers["source"]) == {"totals"}
    assert customers["order_margin"].to_numpy() == pytest.approx(-50)
    assert (customers["margin_365_days"] < 0).all()
    ((reason,),) = ask("select reason from clv.clv_models where model = 'gamma_gamma'").itertuples(
        index=False
    )
    assert reason == "too few customers have a margin above zero"
    assert (ask("select expected_value::double as v from targeting.contact_values")["v"] < 0).all()
    assert ask("select * from lists.list_members").empty
    stopped = ask("select stop_reason from lists.list_catalog where candidates > 0")["stop_reason"]
    assert len(stopped)
    assert stopped.str.contains("minimum expected value removed").all()
