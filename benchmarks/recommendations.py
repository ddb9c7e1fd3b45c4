"""Time and memory of offers: `.venv/bin/python benchmarks/recommendations.py`.

Makes up a shop whose customers have favourites and tastes, in a DuckDB file, then fits the methods
and makes ten offers of each of two regimes to every customer, each pair of methods in a process of
its own. Run by hand: a shared machine's seconds are no test.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stages import measure

from targeted_lists.learning.offers import score_offers
from targeted_lists.learning.shop import Shop

CHOSEN = {
    "tifu_knn and ease": {
        "lists": ("tifu_knn", '{"half_life_days": 180.0, "share": 0.5}'),
        "new": ("ease", '{"regularisation": 200.0, "half_life_days": 180.0}'),
    },
    "frequency and user_knn": {
        "lists": ("frequency", '{"half_life_days": 180.0}'),
        "new": ("user_knn", '{"half_life_days": 180.0}'),
    },
    "cosine and bm25": {
        "lists": ("cosine", '{"by": "cosine", "shrinkage": 20.0, "half_life_days": 180.0}'),
        "new": ("bm25", '{"by": "BM25", "half_life_days": 180.0}'),
    },
}
SHOP = """
create table fct_order_lines as
with drawn as (
    select
        n,
        cast({customers} * pow((hash(n) % 1000000) / 1e6, 1.6) as bigint) as customer,
        (hash(n, 1) % 1000000) / 1e6 as kind,
        (hash(n, 2) % 1000000) / 1e6 as chance,
        hash(n, 3) % 730 as day
    from range({lines}) as numbers (n)
),
chosen as (
    select
        customer,
        day,
        case
            when kind < 0.4 then {products} * pow((hash(customer, n % 12) % 1000000) / 1e6, 3)
            when kind < 0.7 then {products} * pow(chance, 3) + 397 * (customer % 50)
            else {products} * pow(chance, 3)
        end as product
    from drawn
)
select
    'C' || lpad(customer::varchar, 7, '0') as customer_id,
    'P' || lpad((product::bigint % {products})::varchar, 6, '0') as product_id,
    timestamp '2026-01-01' - to_days(day::integer) as ordered_at,
    true as is_bought
from chosen;
create table days as
select null::bigint as validation_seconds, null::bigint as evaluation_seconds,
    epoch(timestamp '2026-01-01')::bigint as current_seconds;
create table products as
select 'current' as as_of, product_id, count(distinct customer_id) as buyers, true as is_offered,
    40 as repurchase_days
from fct_order_lines group by product_id;
create table rules as
select 'current' as as_of, 1 as rule_number, 'P000000' as antecedent_id,
    'P000001' as consequent_id, 0.1 as confidence;
create table segments as
select 'current' as as_of, customer_id, 'segment ' || hash(customer_id) % 8 as segment
from (select distinct customer_id from fct_order_lines);
"""


def run(stage: str, path: Path, products: int) -> None:
    """Run a stage and print its seconds as JSON."""
    with duckdb.connect(str(path), config={"memory_limit": "2GB"}) as session:
        tables = ("fct_order_lines", "days", "products", "rules", "segments")
        shop = Shop(session, *(session.table(name) for name in tables))
        chosen = pd.DataFrame(
            [(regime, *told) for regime, told in CHOSEN[stage].items()],
            columns=["regime", "method", "settings"],
        ).assign(period="validation")
        started = time.perf_counter()
        offers = score_offers(
            shop, chosen, fit_customers=50_000, max_products=products, k=10, seed=42
        )
        took = round(time.perf_counter() - started, 1)
    customers = offers["customer_id"].nunique()
    print(json.dumps({f"{len(offers):,} offers to {customers:,} customers": took}))


def main() -> None:
    """Make the shop, run each stage in its own process and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=46_000_000)
    parser.add_argument("--customers", type=int, default=480_000)
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--stage", choices=CHOSEN)
    parser.add_argument("--path", type=Path)
    told = parser.parse_args()
    if told.stage:
        run(told.stage, told.path, told.products)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = told.path or Path(folder) / "shop.duckdb"
        if not path.exists():
            with duckdb.connect(str(path)) as session:
                session.execute(SHOP.format(**vars(told)))
        print(f"{told.lines:,} lines, {told.customers:,} customers, {told.products:,} products")
        for stage in CHOSEN:
            command = [__file__, "--stage", stage, "--path", path, "--products", told.products]
            took = measure([sys.executable, *map(str, command)], folder=path.parent)
            print(stage, took)


if __name__ == "__main__":
    main()
