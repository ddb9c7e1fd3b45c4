"""False rules where there are none to find: `.venv/bin/python benchmarks/permuted_rules.py`.

Worlds of customers with tastes, and the same with their products permuted over all lines, so that
only the sizes of baskets are left. Nothing in them pulls anything else. By hand: of so many seeds,
how many worlds have a rule that is usable, of orders and of what customers buy in a period. A q of
0.05 bounds the share of false ones among the rules found, so where all are false the share of
worlds with any.
"""

from __future__ import annotations

import argparse
import sys
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from python_ml.baskets import (  # noqa: E402
    confirm_rules,
    count_itemsets,
    derive_rules,
    find_frequent_itemsets,
    form_strata,
)

TASTES = {"customers_per_taste": 30, "max_tastes": 30, "min_purchases": 3}
NOMINAL = 0.05


def simulate_tastes(
    *,
    seed: int,
    customers: int = 600,
    orders: float = 12,
    kinds: int = 4,
    items: int = 40,
    pull: float = 0.5,
) -> pd.DataFrame:
    """Order lines of customers who like this or that and all buy alike often and much.

    Seven of ten lines are of the products that the kind of customer likes. Who orders I01 orders
    I02 with it with the probability `pull`, whatever the kind: the one planted pair.

    Returns
    -------
    One row per order and product: `order`, `item`, `customer_id`, `period` (mining, validation or
    tested).
    """
    rng = np.random.default_rng(seed)
    count = np.maximum(1, rng.poisson(orders, customers))
    customer = np.repeat(np.arange(customers), count)
    order = np.repeat(np.arange(len(customer)), 1 + rng.poisson(2, len(customer)))
    own = customer[order] % kinds * (items // kinds)
    liked = own + rng.integers(0, items // kinds, len(order))
    item = np.where(rng.random(len(order)) < 0.7, liked, rng.integers(0, items, len(order)))
    time = rng.random(len(customer))
    rows = pd.DataFrame({"order": order, "item": item}).drop_duplicates()
    pulled = rows[(rows["item"] == 1) & (rng.random(len(rows)) < pull)].assign(item=2)
    rows = pd.concat([rows, pulled]).drop_duplicates()
    return rows.assign(
        item=rows["item"].map("I{:02d}".format),
        customer_id=np.char.add("C", customer[rows["order"]].astype(str)),
        period=np.select(
            [time[rows["order"]] < end for end in (0.6, 0.8)], ["mining", "validation"], "test"
        ),
    )


def permute_products(lines: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Give the products to other lines at random."""
    item = np.random.default_rng(seed).permutation(lines["item"].to_numpy())
    return lines.assign(item=item).drop_duplicates(["order", "item"])


def find_usable(lines: pd.DataFrame, *, is_order: bool, max_length: int = 2) -> pd.DataFrame:
    """Mine, test and confirm rules as the models do, with the thresholds of dbt_project.yml.

    Returns
    -------
    All rules, with `is_usable`.
    """
    lines = lines[lines["period"] != "test"]
    number = lines["order"] if is_order else lines.groupby(["period", "customer_id"]).ngroup()
    rows = lines.assign(basket_id=number).drop_duplicates(["basket_id", "item"])
    baskets = rows.groupby("basket_id").agg(
        period=("period", "first"), customer_id=("customer_id", "first"), size=("item", "size")
    )
    purchases = lines[["customer_id", "period", "item"]].rename(columns={"item": "item_number"})
    strata = form_strata(
        baskets.rename_axis("basket_number").reset_index(),
        purchases.drop_duplicates(),
        is_order=is_order,
        **TASTES,
    )
    held = {period: rows[rows["period"] == period] for period in ("mining", "validation")}
    alike = {period: strata[strata["period"] == period] for period in held}
    count = {period: own["basket_id"].nunique() for period, own in held.items()}
    itemsets = find_frequent_itemsets(
        held["mining"],
        n_baskets=count["mining"],
        min_support=5 / count["mining"],
        max_length=max_length,
    )
    later = count_itemsets(held["validation"], itemsets=itemsets["itemset"])
    rules = derive_rules(
        itemsets.assign(validation_baskets=later),
        n_baskets=count["mining"],
        min_confidence=0.1,
        basket_items=held["mining"],
        strata=alike["mining"],
    )
    rules = confirm_rules(
        rules,
        n_validation_baskets=count["validation"],
        basket_items=held["validation"],
        strata=alike["validation"],
    )
    lifts = rules[["lift", "stratified_lift", "validation_lift", "validation_stratified_lift"]]
    return rules.assign(
        is_usable=(rules[["q_value", "stratified_q_value"]].max(axis=1) <= 0.05)
        & (lifts.min(axis=1, skipna=False) >= 1.2)
        & (rules["validation_p_value"] <= 0.05)
        & ~rules["is_redundant"]
    )


def main() -> int:
    """Count the worlds with a false rule, over seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="worlds of each kind (200)")
    parser.add_argument("--customers", type=int, default=300, help="customers of a world (300)")
    options = parser.parse_args()
    found = []
    for seed in range(options.seeds):
        tastes = simulate_tastes(seed=seed, customers=options.customers, orders=10, pull=0.0)
        worlds = {"tastes": tastes, "permuted": permute_products(tastes, seed=seed)}
        for world, lines in worlds.items():
            for is_order in (True, False):
                rules = find_usable(lines, is_order=is_order)
                found.append(
                    {
                        "world": world,
                        "basis": "order" if is_order else "customer",
                        "rules": len(rules),
                        "by_fisher": int((rules["q_value"] <= 0.05).sum()),
                        "in_strata": int((rules["stratified_q_value"] <= 0.05).sum()),
                        "usable": int(rules["is_usable"].sum()),
                    }
                )
        if seed % 20 == 19 or seed == options.seeds - 1:
            show(pd.DataFrame(found), seeds=seed + 1)
    return 0


def show(found: pd.DataFrame, *, seeds: int) -> None:
    """Print the worlds with any rule that passes each test."""
    bound = NOMINAL + 2 * sqrt(NOMINAL * (1 - NOMINAL) / seeds)
    print(f"\n{seeds} seeds; nominal {NOMINAL:g}, with two standard errors {bound:.3f}")
    for (world, basis), own in found.groupby(["world", "basis"]):
        shares = {name: (own[name] > 0).mean() for name in ("by_fisher", "in_strata", "usable")}
        print(
            f"{world}, {basis}: {own['rules'].mean():.0f} rules; worlds with any "
            + ", ".join(f"{name} {share:.3f}" for name, share in shares.items())
            + f"; usable rules in all {own['usable'].sum()}",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
