"""How often noise is called clusters: `.venv/bin/python benchmarks/permuted_clusters.py WORLD`.

Makes worlds without groups of a built shop's customers, and counts those in which any clustering
is accepted. `columns`: each feature is permuted by itself, so that nothing ties the features
together. `orders`: the customers are permuted over the orders, so that each keeps the number of
orders and none keeps a habit. Prints a line a world, and at the end how many of them, with the
standard error. Run by hand: some seconds a world.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from python_ml.clustering import (
    choose_features,
    evaluate_clusterings,
    fit_clusterings,
    scale_features,
    shrink_features,
    used_by_set,
)

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "models" / "marts" / "segmentation" / "ml" / "_segmentation_ml__models.yml"
ORDER_FEATURES = """
    with

    owned as (

        select orders.* exclude (customer_id), owners.customer_id
        from orders
        inner join owners using (order_id)

    ),

    bought as (

        select *
        from owned
        where is_bought

    ),

    last_day as (

        select cast(max(ordered_at) as date) + 1 as day
        from orders

    ),

    totals as (

        select
            customer_id,
            count(*) as frequency,
            sum(bought_revenue) as monetary,
            date_diff('second', max(ordered_at), any_value(day)::timestamp) // 86400
                as recency_days,
            date_diff('second', min(ordered_at), any_value(day)::timestamp) // 86400
                as tenure_days,
            sum(bought_lines) as lines,
            sum(bought_units) as units
        from bought
        cross join last_day
        group by customer_id

    ),

    gaps as (

        select
            customer_id,
            date_diff(
                'second',
                lag(ordered_at) over (partition by customer_id order by ordered_at, order_id),
                ordered_at
            ) // 86400 as gap
        from bought

    ),

    usual as (

        select customer_id, median(gap) as gap
        from gaps
        group by customer_id

    ),

    spends as (

        select
            owners.customer_id,
            products.category_1,
            sum(lines.bought_revenue) as revenue,
            count(distinct lines.product_id) as products,
            count(*) filter (where lines.discount > 0) as discounted,
            count(*) as lines
        from lines
        inner join owners using (order_id)
        inner join products using (product_id)
        where lines.is_bought
        group by all

    ),

    goods as (

        select
            customer_id,
            count(category_1) as categories,
            sum(products) as products,
            max(revenue) / nullif(sum(revenue), 0) as favourite_category_share,
            sum(discounted) / sum(lines) as discounted_share
        from spends
        group by customer_id

    ),

    places as (

        select channel, row_number() over (order by count(*) desc, channel) as place
        from orders
        where is_placed and channel is not null
        group by channel

    ),

    placed as (

        select
            customer_id,
            sum(placed_revenue) as revenue,
            avg(case when place = 1 then 1 else 0 end) as first_channel_share,
            avg(case when place = 2 then 1 else 0 end) as second_channel_share,
            avg(case when place = 3 then 1 else 0 end) as third_channel_share
        from owned
        left join places using (channel)
        where is_placed
        group by customer_id

    )

    select
        totals.customer_id,
        totals.recency_days::double as recency_days,
        totals.frequency::double as frequency,
        totals.monetary::double as monetary,
        totals.tenure_days::double as tenure_days,
        (case when totals.frequency = 1 then totals.recency_days else usual.gap end)::double
            as typical_gap_days,
        (totals.monetary / totals.frequency)::double as average_order_value,
        (totals.lines / totals.frequency)::double as lines_per_order,
        (totals.units / totals.lines)::double as units_per_line,
        goods.categories::double as categories,
        goods.products::double as products,
        least(greatest(goods.favourite_category_share, 0), 1)::double as favourite_category_share,
        goods.discounted_share::double as discounted_share,
        (1 - totals.monetary / nullif(placed.revenue, 0))::double as returned_revenue_share,
        placed.first_channel_share::double as first_channel_share,
        placed.second_channel_share::double as second_channel_share,
        placed.third_channel_share::double as third_channel_share
    from totals
    left join usual using (customer_id)
    left join goods using (customer_id)
    left join placed using (customer_id)
    order by customer_id
"""


def read_features(database: Path) -> pd.DataFrame:
    """Read the features of a published file."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.sql(
            "select * from segmentation.cluster_features order by customer_id"
        ).df()


def permute_columns(customers: pd.DataFrame, *, seed: int, size: int) -> pd.DataFrame:
    """Permute every feature by itself over at most `size` customers, drawn."""
    generator = np.random.default_rng(seed)
    drawn = customers.iloc[generator.permutation(len(customers))[:size]].reset_index(drop=True)
    names = [name for name in drawn if name != "customer_id"]
    drawn[names] = drawn[names].apply(lambda column: generator.permutation(column))
    return drawn


def permute_orders(database: Path, *, seed: int | None, size: int) -> pd.DataFrame:
    """Give the features of customers permuted over the orders of at most `size` of them, drawn.

    Without a seed everyone keeps the own orders.
    """
    generator = np.random.default_rng(seed)
    with duckdb.connect(str(database), read_only=True) as source:
        orders = source.sql(
            "select * from core.fct_orders where customer_id is not null order by order_id"
        ).df()
        lines = source.sql("select * from core.fct_order_lines").df()
        products = source.sql("select product_id, category_1 from core.dim_products").df()
    people = generator.permutation(np.sort(orders["customer_id"].unique()))[:size]
    orders = orders[orders["customer_id"].isin(people)].reset_index(drop=True)
    customer = orders["customer_id"].to_numpy()
    if seed is not None:
        customer = generator.permutation(customer)
    owners = pd.DataFrame({"order_id": orders["order_id"], "customer_id": customer})
    with duckdb.connect() as connection:
        for name, table in (("orders", orders), ("lines", lines), ("products", products)):
            connection.register(name, table)
        connection.register("owners", owners)
        return connection.sql(ORDER_FEATURES).df()


def evaluate(
    customers: pd.DataFrame, *, methods: Sequence[str] = ("kmeans", "ward"), k_max: int = 10
) -> pd.DataFrame:
    """Do as the mart does, by its own settings."""
    known = {model["name"]: model for model in yaml.safe_load(MODELS.read_text())["models"]}
    settings = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
    shrinking = known["ml_cluster_feature_values"]["config"]["meta"]["shrinking"]
    has = set(customers)
    shrinking = {
        name: [one for one in value if one in has] if isinstance(value, list) else value
        for name, value in shrinking.items()
    }
    sets = {
        name: [one for one in features if one in has]
        for name, features in settings["cluster_features"].items()
    }
    shrunk = shrink_features(customers, **shrinking)
    choices = choose_features(shrunk, features=sets)
    scaled = scale_features(
        shrunk,
        choices,
        rank_by="monetary",
        count_by="frequency",
        min_count=settings["cluster_min_orders"],
        outlier_share=settings["cluster_outlier_share"],
    )
    models = fit_clusterings(
        scaled,
        features=used_by_set(choices),
        rank_by="worth",
        fit_on="is_fitted",
        methods=methods,
        further_methods=settings["cluster_further_methods"],
        k_max=k_max,
    )
    return evaluate_clusterings(
        scaled,
        models,
        fit_on="is_fitted",
        strata="is_single",
        min_share=settings["cluster_min_share"],
        tolerance=settings["cluster_tolerance"],
        groups=settings["cluster_groups"],
    )


def main() -> int:
    """Count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("world", choices=["columns", "orders"])
    parser.add_argument("--published", type=Path, default=ROOT / "published" / "sample.duckdb")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--customers", type=int, default=1_000)
    parser.add_argument("--methods", nargs="+", default=["kmeans", "ward"])
    options = parser.parse_args()
    accepted = 0
    for seed in range(1, options.seeds + 1):
        if options.world == "columns":
            customers = permute_columns(
                read_features(options.published), seed=seed, size=options.customers
            )
        else:
            customers = permute_orders(options.published, seed=seed, size=options.customers)
        found = evaluate(customers, methods=options.methods)
        best = found[found["is_chosen"]].iloc[0]
        accepted += best["method"] != "none"
        print(f"{seed}: {best['reason']}", flush=True)
    share = accepted / options.seeds
    error = (share * (1 - share) / options.seeds) ** 0.5
    print(f"\n{accepted} of {options.seeds} worlds, {share:.1%} (standard error {error:.1%})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
