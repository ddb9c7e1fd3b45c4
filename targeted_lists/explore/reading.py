"""What the app reads from a published file: questions in, data frames out."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd

from targeted_lists.common.project import PACKAGED

TRANSLATIONS = PACKAGED / "seeds" / "translations.csv"

CUSTOMER = """
    select dim_customers.customer_id, scores.segment, scores.rfm_code,
        clusters.cluster_name, clusters.is_unsure,
        activity_scores.risk_band, activity_scores.p_decline, activity_values.customer_value,
        activity_scores.reason_1, activity_scores.reason_2, activity_scores.reason_3,
        behaviour.bought_orders, behaviour.bought_revenue, behaviour.average_order_value,
        behaviour.favourite_category, behaviour.preferred_channel, behaviour.last_bought_at
    from core.dim_customers
    left join rfm.rfm_scores as scores
        on dim_customers.customer_id = scores.customer_id
        and scores.basis = 'bought'
    left join segmentation.customer_clusters as clusters
        on dim_customers.customer_id = clusters.customer_id
        and clusters.is_chosen
    left join activity.activity_scores
        on dim_customers.customer_id = activity_scores.customer_id
    left join activity.activity_values
        on dim_customers.customer_id = activity_values.customer_id
    left join pivots.customer_pivot as behaviour
        on dim_customers.customer_id = behaviour.customer_id
    where dim_customers.customer_id = ?
"""
ORDERS = """
    select ordered_at, order_id, channel, lines, placed_revenue, bought_revenue, refund,
        is_cancelled
    from core.fct_orders
    where customer_id = ?
    order by ordered_at desc, order_id
"""
DECISIONS = """
    select list_name, is_in, arm, first_exclusion, reason, rank, expected_value
    from targeting.list_decisions
    where customer_id = ?
    order by list_name
"""
STAYS = """
    select list_name, entered_date, left_date, enter_reason, exit_reason
    from lists.list_member_history
    where customer_id = ?
    order by entered_date desc, list_name
"""
OFFERS = """
    select rank, product_name, reason
    from offers.product_recommendations
    where customer_id = ?
    order by rank
"""
LISTS = "select list_name, purpose from lists.list_catalog order by list_name"
SCENARIOS = """
    select contact_cap, depth, capacity, eligible, members, control_and_holdout, expected_value,
        planned_cost, is_as_defined
    from targeting.list_previews
    where list_name = ?
    order by contact_cap, depth <> 'as defined', capacity, depth
"""
WATERFALL = """
    select step_number, step, before, removed, after, removed_value
    from targeting.list_waterfall
    where list_name = ?
    order by step_number
"""
PRODUCTS = """
    select product_id, coalesce(product_name, product_id) as product_name
    from core.dim_products
    where not is_service
    order by product_name, product_id
"""
RULES = """
    select antecedent_name, consequent_name, baskets, confidence, lift, validation_lift, verdict,
        is_usable
    from basket.association_rules
    where basis = ?
        and level = 'product'
        and list_contains(string_split(antecedent || ' + ' || consequent, ' + '), ?)
    order by is_usable desc, lift desc, antecedent, consequent
"""
# A file of an earlier version has no currency.
UNITS = "select * from publication"
LABELS = "select kind, code, label from metrics.labels"
PUBLICATION = "select dataset, language, as_of_date, published_at from publication"

Ask = Callable[..., pd.DataFrame]


def asker(published: Path) -> Ask:
    """Return a function that asks a published file one question.

    It opens the file read-only and closes it again, so that the next run may replace it.
    """

    def ask(sql: str, *values: object) -> pd.DataFrame:
        with duckdb.connect(str(published), read_only=True) as connection:
            return connection.execute(sql, list(values)).df()

    return ask


def read_currency(ask: Ask) -> str | None:
    """Return the currency of the published amounts; None where it is not known."""
    value = ask(UNITS).iloc[0].get("currency")
    return value if isinstance(value, str) else None


def read_labels(ask: Ask) -> dict[str, dict[str, str]]:
    """Return the label of each code in the language of the file, by kind."""
    return {
        str(kind): dict(zip(group["code"], group["label"], strict=True))
        for kind, group in ask(LABELS).groupby("kind")
    }


def read_words(language: str) -> dict[str, str]:
    """Return the app's own texts: English to those of the language."""
    with TRANSLATIONS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["scope"] == "explore"]
    return {row["en"]: row[language] for row in rows}


def scenario_steps(scenario: pd.Series, *, candidates: int) -> pd.DataFrame:
    """Say where the candidates of a list go under one contact cap and capacity.

    Parameters
    ----------
    scenario : a row of `targeting.list_previews`.
    candidates : of the list, in customers.

    Returns
    -------
    `step` and `customers`, from the candidates to the members; what is removed is negative, and
    the steps add up to the members.
    """
    taken = int(scenario["members"] + scenario["control_and_holdout"])
    return pd.DataFrame(
        {
            "step": [
                "candidates",
                "rules",
                "capacity and budget",
                "control and holdout",
                "members",
            ],
            "customers": [
                candidates,
                int(scenario["eligible"]) - candidates,
                taken - int(scenario["eligible"]),
                -int(scenario["control_and_holdout"]),
                int(scenario["members"]),
            ],
        }
    )
