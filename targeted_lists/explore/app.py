"""The app's three pages. Streamlit runs this file from top to bottom at every click."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import streamlit as st

from targeted_lists.common.units import in_currency
from targeted_lists.explore import reading
from targeted_lists.explore.serve import PUBLISHED_FILE

ask = reading.asker(Path(os.environ[PUBLISHED_FILE]))


def label(kind: str, code: object) -> str:
    """Return what a code is called; a code without a label stands for itself."""
    return "" if pd.isna(code) else labels.get(kind, {}).get(str(code), str(code))


def say(english: str) -> str:
    """Return a text of the app in the language of the published file."""
    return words[english] if language != "en" else english


def money(english: str) -> str:
    """Return the name of an amount, with the currency where the published file has one."""
    return in_currency(say(english), currency)


def table(rows: pd.DataFrame, kinds: dict[str, str], headings: dict[str, str]) -> None:
    """Show rows with their codes in words; nothing is said in a sentence."""
    if rows.empty:
        st.info(say("Nothing is known of it."))
        return
    for column, kind in kinds.items():
        rows[column] = [label(kind, code) for code in rows[column]]
    st.dataframe(rows[list(headings)].rename(columns=headings), hide_index=True)


def show_customer() -> None:
    """Show one customer: what was ordered, and why it is in a list or in none."""
    st.header(say("One customer"))
    customer_id = st.text_input(say("Key of the customer"), key="customer_id").strip()
    if not customer_id:
        return
    found = ask(reading.CUSTOMER, customer_id)
    if found.empty:
        st.warning(say("There is no customer with this key."))
        return
    show_facts(found.iloc[0])
    st.subheader(say("Lists: in or out, and why"))
    decisions = ask(reading.DECISIONS, customer_id)
    decisions["is_in"] = [say("in") if is_in else say("out") for is_in in decisions["is_in"]]
    table(
        decisions,
        {"list_name": "list_name", "arm": "arm", "first_exclusion": "step"},
        {
            "list_name": say("List"),
            "is_in": say("In or out"),
            "arm": say("Arm"),
            "first_exclusion": say("Excluded at"),
            "reason": say("Reason"),
            "expected_value": money("Expected value"),
        },
    )
    st.subheader(say("Lists so far"))
    table(
        ask(reading.STAYS, customer_id),
        {"list_name": "list_name"},
        {
            "list_name": say("List"),
            "entered_date": say("Entered"),
            "enter_reason": say("Reason"),
            "left_date": say("Left"),
            "exit_reason": say("Reason for leaving"),
        },
    )
    st.subheader(say("What to offer"))
    offer = {"product_name": say("Product"), "reason": say("Reason")}
    table(ask(reading.OFFERS, customer_id), {}, offer)
    st.subheader(say("Orders"))
    table(
        ask(reading.ORDERS, customer_id),
        {},
        {
            "ordered_at": say("Ordered"),
            "order_id": say("Order"),
            "channel": say("Channel"),
            "lines": say("Lines"),
            "placed_revenue": money("Placed"),
            "bought_revenue": money("Bought"),
            "refund": money("Refunded"),
        },
    )


def show_facts(customer: pd.Series) -> None:
    """Show segment, cluster and risk with its reasons."""
    segment, cluster, risk = st.columns(3)
    segment.metric(say("Segment"), label("segment", customer["segment"]) or say("none"))
    cluster.metric(say("Cluster"), label("", customer["cluster_name"]) or say("none"))
    risk.metric(
        say("Risk of buying less"), label("risk_band", customer["risk_band"]) or say("not scored")
    )
    reasons = [customer[f"reason_{place}"] for place in (1, 2, 3)]
    for reason in (one for one in reasons if not pd.isna(one)):
        st.write(f"- {reason}")
    orders, revenue, last = st.columns(3)
    number = {name: customer[name] for name in ("bought_orders", "bought_revenue")}
    orders.metric(say("Orders bought"), _shown(number["bought_orders"], ".0f"))
    revenue.metric(money("Revenue"), _shown(number["bought_revenue"], ",.2f"))
    last.metric(say("Last order"), _shown(customer["last_bought_at"], "%Y-%m-%d"))


def _shown(value: object, form: str) -> str:
    return say("unknown") if pd.isna(value) else format(value, form)


def show_list() -> None:
    """Show a list under other caps and capacities, and its waterfall as defined."""
    st.header(say("How large a list would be"))
    purposes = ask(reading.LISTS).set_index("list_name")["purpose"]
    name = st.selectbox(
        say("List"), list(purposes.index), key="list", format_func=lambda n: label("list_name", n)
    )
    st.caption(purposes[name])
    scenarios = ask(reading.SCENARIOS, name)
    caps = sorted(scenarios["contact_cap"].unique().tolist())
    defined = scenarios.loc[scenarios["is_as_defined"], "contact_cap"].iloc[0]
    cap = st.select_slider(say("Most messages in the window"), caps, value=defined, key="cap")
    depths = scenarios.loc[scenarios["contact_cap"] == cap, "depth"].tolist()
    depth = st.selectbox(
        say("Depth"), depths, key="depth", format_func=lambda d: label("depth", d)
    )
    chosen = scenarios[(scenarios["contact_cap"] == cap) & (scenarios["depth"] == depth)].iloc[0]
    for place, (title, column, form) in zip(
        st.columns(4),
        [
            (say("Members"), "members", ",.0f"),
            (say("Control and holdout"), "control_and_holdout", ",.0f"),
            (money("Expected value"), "expected_value", ",.2f"),
            (money("Cost"), "planned_cost", ",.2f"),
        ],
        strict=True,
    ):
        value = chosen[column]
        place.metric(title, say("unknown") if pd.isna(value) else format(value, form))
    waterfall = ask(reading.WATERFALL, name)
    steps = reading.scenario_steps(chosen, candidates=int(waterfall["before"].iloc[0]))
    steps["step"] = [say(step) for step in steps["step"]]
    table(steps, {}, {"step": say("Step"), "customers": say("Customers")})
    st.subheader(say("Step by step, as the list is defined"))
    table(
        waterfall,
        {"step": "step"},
        {
            "step": say("Step"),
            "before": say("Before"),
            "removed": say("Removed"),
            "after": say("After"),
            "removed_value": money("Value removed"),
        },
    )


def show_rules() -> None:
    """Show the basket rules in which a product stands."""
    st.header(say("Rules for a product"))
    products = ask(reading.PRODUCTS).set_index("product_id")["product_name"]
    product = st.selectbox(
        say("Product"), list(products.index), key="product", format_func=products.get
    )
    basis = st.radio(
        say("Basket"), ["order", "customer"], key="basis", format_func=lambda b: label("basis", b)
    )
    if product is None:
        return
    table(
        ask(reading.RULES, basis, product),
        {"verdict": "rule_verdict"},
        {
            "antecedent_name": say("Who buys"),
            "consequent_name": say("also buys"),
            "baskets": say("Baskets"),
            "confidence": say("Confidence"),
            "lift": say("Lift"),
            "validation_lift": say("Validation lift"),
            "verdict": say("Verdict"),
        },
    )


publication = ask(reading.PUBLICATION).iloc[0]
language = str(publication["language"])
currency = reading.read_currency(ask)
words = reading.read_words(language)
labels = reading.read_labels(ask)
pages = {"customer": show_customer, "list": show_list, "rules": show_rules}
titles = {
    "customer": say("One customer"),
    "list": say("How large a list would be"),
    "rules": say("Rules for a product"),
}

st.set_page_config(page_title="targeted lists", layout="wide")
st.sidebar.title(str(publication["dataset"]))
st.sidebar.caption(f"{say('As of')} {_shown(publication['as_of_date'], '%Y-%m-%d')}")
page = st.sidebar.radio(say("Page"), list(pages), key="page", format_func=titles.get)
pages[page]()
