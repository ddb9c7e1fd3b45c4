"""The sales pivot counts orders and customers as `count(distinct …)` does, of many members too."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
from conftest import Build

MANY_CATEGORIES = """
    update core.dim_products
    set category_2 = nullif('C' || (numbered.number % 200), 'C199')
    from (select product_id, row_number() over (order by product_id) as number
          from core.dim_products) as numbered
    where dim_products.product_id = numbered.product_id
"""
COUNTED = """
    select
        bases.basis,
        coalesce(products.category_2, 'unknown'),
        count(distinct lines.order_id),
        count(distinct lines.customer_id)
    from core.fct_order_lines as lines
    join core.dim_products as products using (product_id)
    join (values ('placed'), ('bought')) as bases (basis)
        on case bases.basis when 'placed' then lines.is_placed else lines.is_bought end
    where lines.is_modelled
    group by all
"""


def test_orders_and_customers_are_counted_beyond_one_mask(
    sample_build: Build, tmp_path: Path
) -> None:
    """200 categories are four blocks of 64, of which an order has lines in several."""
    database = tmp_path / sample_build.warehouse.name
    shutil.copyfile(sample_build.warehouse, database)
    (compiled,) = (sample_build.project.folder / "target").glob(
        "sample/compiled/*/models/marts/pivots/sales_pivot.sql"
    )
    with duckdb.connect(str(database)) as connection:
        connection.execute(MANY_CATEGORIES)
        counted = connection.execute(COUNTED).fetchall()
        pivoted = connection.execute(
            "select basis, member, orders, customers from (" + compiled.read_text() + ") as sales "
            "where dimension = 'category_2' and orders > 0"
        ).fetchall()
    assert len({member for _, member, _, _ in counted}) == 200
    assert sorted(pivoted) == sorted(counted)
