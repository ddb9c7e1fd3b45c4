"""The spine as DuckDB's SQL by hand, the floor that the project is measured against.

`python benchmarks/spine_duckdb.py lines SOURCE FOLDER` writes the tables of the project's spine
to `FOLDER/floor.duckdb`: source rows, ledger, matched returns and lines; then `orders`, `pivots`
and `rfm`. It reads typed columns where there are any, knows nothing of several adapters, damaged
files, overlapping exports or erased customers, and tests nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
from stages import run_stage

Stage = Callable[[Path, Path], None]
ROOT = Path(__file__).resolve().parents[1]
PLACES = ("channel", "delivery_method", "payment_method", "country", "region", "city")
CATEGORIES = ("category_1", "category_2", "category_3")
DIMENSIONS = (
    *("month", "week", "day", "weekday", "hour", *CATEGORIES, "product"),
    *("country", "region", "city", "geography", "channel", "delivery_method", "payment_method"),
)
COLUMNS = {
    "line_number": "bigint",
    "customer_id": "varchar",
    "status": "varchar",
    "discount": "decimal(18, 4)",
    **dict.fromkeys(PLACES, "varchar"),
}
NEEDED = ("order_id", "ordered_at", "product_id", "quantity", "unit_price")

UCI = """
select
    row_number() over () as source_row,
    trim(InvoiceNo) as order_id,
    nullif(trim(CustomerID), '') as customer_id,
    strptime(InvoiceDate, '%m/%d/%Y %H:%M') as ordered_at,
    trim(StockCode) as product_id,
    Description as product_name,
    Quantity::decimal(18, 3) as quantity,
    UnitPrice::decimal(18, 4) as unit_price,
    Country as country
from read_csv('{path}', encoding = 'latin-1', header = true, parallel = false, types = {{
    'InvoiceNo': 'varchar', 'StockCode': 'varchar', 'CustomerID': 'varchar',
    'InvoiceDate': 'varchar', 'UnitPrice': 'decimal(18, 4)'
}})
"""

VALIDATED = """
create temp view validated as
with last as (
    select quantile_cont(epoch(ordered_at), 0.999) + 366 * 86400 as plausible
    from source_rows where ordered_at is not null
),
services as (
    select distinct product_id
    from (select distinct product_id from source_rows) as products
    inner join read_csv('{seeds}/service_codes.csv') as codes
        on products.product_id like codes.code_pattern and codes.adapter = '{adapter}'
),
faulted as (
    select
        source_rows.*,
        (quantity * unit_price - sign(quantity) * discount)::decimal(18, 4) as amount,
        case
            {missing}
            when unit_price < 0 then 'price below zero'
            when epoch(ordered_at) > last.plausible then 'dated more than 366 days after the rest'
        end as fault,
        product_id in (from services) as is_service
    from source_rows cross join last
),
suspects as (
    select hash({columns}) as row_hash
    from faulted where fault is null group by row_hash having count(*) > 1
),
copied as (
    select source_row
    from faulted semi join suspects on hash({columns}) = suspects.row_hash
    where fault is null
    qualify row_number() over (partition by {columns} order by source_row) > 1
)
select
    *,
    case
        when fault is not null then 'rejected'
        when source_row in (select source_row from copied) then 'merged'
        when quantity = 0 or is_service or unit_price = 0 then 'accepted_not_modelled'
        else 'accepted'
    end as decision,
    case
        when fault is not null then fault
        when source_row in (select source_row from copied) then 'identical to an earlier line'
        when quantity = 0 then 'quantity zero'
        when is_service then 'service'
        when unit_price = 0 then 'price zero'
        when status = 'cancelled' then 'cancelled'
        when quantity < 0 then 'return'
        when customer_id is null then 'anonymous sale'
        else 'sale'
    end as reason
from faulted
"""

RETURNS = """
create table returns as
with moved as (
    select *, sign(quantity) * amount <= 0 as is_free from kept
    where customer_id is not null and status <> 'cancelled' and quantity <> 0
),
returned as (
    select distinct customer_id, product_id, is_free from moved where quantity < 0
),
sums as (
    select
        *,
        sum(greatest(quantity, 0)) over so_far as sold,
        sum(greatest(-quantity, 0)) over so_far as returned
    from moved semi join returned using (customer_id, product_id, is_free)
    window so_far as (
        partition by customer_id, product_id, is_free
        order by ordered_at, quantity < 0, source_row rows unbounded preceding
    )
),
placed as (
    select *, returned - greatest(0, max(returned - sold) over (
        partition by customer_id, product_id, is_free
        order by ordered_at, quantity < 0, source_row rows unbounded preceding
    )) as taken
    from sums
),
taken as (
    select *, coalesce(lag(taken) over (
        partition by customer_id, product_id, is_free
        order by ordered_at, quantity < 0, source_row
    ), 0) as taken_before
    from placed
),
pairs as (
    select
        sales.source_row as sale_line,
        backs.source_row as return_line,
        least(sales.sold, backs.taken)
            - greatest(sales.sold - sales.quantity, backs.taken_before) as quantity,
        sum(least(sales.sold, backs.taken)
            - greatest(sales.sold - sales.quantity, backs.taken_before)) over (
            partition by backs.source_row order by sales.source_row
        ) as quantity_so_far,
        sales.amount as sale_amount,
        -backs.quantity as back_quantity,
        -backs.amount as back_amount,
        backs.ordered_at as returned_at
    from taken as backs inner join sums as sales
        on backs.customer_id = sales.customer_id and backs.product_id = sales.product_id
        and backs.is_free = sales.is_free
        and sales.quantity > 0 and backs.quantity < 0
        and sales.sold - sales.quantity < backs.taken and backs.taken_before < sales.sold
    where backs.taken > backs.taken_before
),
asked as (
    select
        *,
        case when quantity_so_far = back_quantity then back_amount
            else (back_amount * quantity_so_far / back_quantity)::decimal(18, 4) end
        - (back_amount * (quantity_so_far - quantity) / back_quantity)::decimal(18, 4) as amount
    from pairs
),
contacted_so_far as (
    select *, sum(amount) over (
        partition by sale_line order by returned_at, return_line rows unbounded preceding
    ) as amount_so_far
    from asked
)
select
    sale_line, return_line, quantity,
    (least(amount_so_far, sale_amount) - least(amount_so_far - amount, sale_amount))
        ::decimal(18, 4) as revenue,
    returned_at
from contacted_so_far
"""

LINES = """
create table lines as
with sold as (
    select sale_line, sum(quantity) as units, sum(revenue) as revenue
    from returns group by sale_line
),
valued as (
    select
        kept.*,
        products.unit_cost,
        coalesce(sold.units, 0) as returned_quantity,
        coalesce(sold.revenue, 0) as returned_revenue,
        is_modelled and quantity > 0 and status <> 'cancelled' as is_placed,
        quantity < 0 and status <> 'cancelled' as is_return,
        is_placed and status = 'delivered'
            and (coalesce(sold.units, 0) < quantity or coalesce(sold.revenue, 0) < amount)
            as is_bought
    from kept
    left join products on kept.product_id = products.product_id
    left join sold on kept.source_row = sold.sale_line
)
select
    source_row, order_id, customer_id, product_id, {places}, status, quantity,
    returned_quantity::decimal(18, 3) as returned_quantity, unit_price, discount, amount,
    case when is_placed then quantity else 0 end as placed_units,
    case when is_placed then amount else 0 end as placed_revenue,
    case when is_placed then amount - (unit_cost * quantity)::decimal(18, 4) end
        ::decimal(18, 4) as placed_margin,
    case when is_bought then quantity - returned_quantity else 0 end::decimal(18, 3)
        as bought_units,
    case when is_bought then amount - returned_revenue else 0 end::decimal(18, 4)
        as bought_revenue,
    case when is_bought then amount - returned_revenue
        - (unit_cost * (quantity - returned_quantity))::decimal(18, 4) end::decimal(18, 4)
        as bought_margin,
    case when is_return then -amount else 0 end::decimal(18, 4) as refund,
    is_modelled, is_placed, is_bought, is_return, ordered_at
from valued
"""

ORDERS = """
create table orders as
select
    order_id,
    {firsts},
    count(*) as lines,
    {sums},
    sum(refund)::decimal(18, 4) as refund,
    bool_or(is_placed) as is_placed,
    bool_or(is_bought) as is_bought,
    bool_or(is_return) as has_return,
    min(ordered_at) as ordered_at
from lines where is_modelled
group by order_id
"""

SALES_PIVOT = """
create table sales_pivot as
with labelled as (
    select
        lines.*,
        strftime(ordered_at, '%Y-%m') as month,
        strftime(date_trunc('week', ordered_at), '%Y-%m-%d') as week,
        strftime(ordered_at, '%Y-%m-%d') as day,
        strftime(ordered_at, '%u %A') as weekday,
        strftime(ordered_at, '%H') as hour,
        category_1, category_2, category_3,
        lines.product_id as product,
        nullif(concat_ws(' / ', country, region, city), '') as geography
    from lines left join products on lines.product_id = products.product_id
    where is_modelled
),
grouped as (
    select
        case {names} end as dimension,
        coalesce({dimensions}) as member,
        {sums},
        sum(refund) as returns_amount
    from labelled group by grouping sets ({sets})
),
had as (
    select *, count(member) over (partition by dimension) > 0 as is_had from grouped
)
{bases}
"""

CUSTOMER_PIVOT = """
create table customer_pivot as
with placed_orders as (
    select *, strftime(ordered_at, '%u %A') as weekday, strftime(ordered_at, '%H') as hour
    from orders where customer_id is not null and is_placed
),
bought_lines as (
    select lines.*, category_1
    from lines left join products on lines.product_id = products.product_id
    where customer_id is not null and is_bought
),
sums as (
    select customer_id, {sums}
    from placed_orders group by customer_id
),
gaps as (
    select customer_id, avg(days) as mean_gap_days, median(days) as median_gap_days
    from (
        select customer_id, floor(epoch(ordered_at - lag(ordered_at) over (
            partition by customer_id order by ordered_at, order_id
        )) / 86400)::bigint as days
        from placed_orders where is_bought
    )
    where days is not null group by customer_id
),
{preferred}
top_places as (
    select 'category' as dimension, category_1 as member, sum(bought_revenue) as revenue
    from lines inner join products on lines.product_id = products.product_id
    where is_bought and category_1 is not null group by category_1
    union all
    select 'city', city, sum(bought_revenue)
    from lines where is_bought and city is not null group by city
),
places as (
    select dimension, member, row_number() over (
        partition by dimension order by revenue desc, member
    ) as place
    from top_places
),
by_category as (
    select customer_id, category_1, place, sum(bought_revenue) as revenue
    from bought_lines
    left join places on places.dimension = 'category' and places.member = category_1
    group by all
),
by_city as (
    select customer_id, place, sum(bought_revenue) as revenue
    from bought_lines
    left join places on places.dimension = 'city' and places.member = city
    group by all
),
categories as (
    select
        customer_id,
        max_by(category_1, (revenue, category_1)) filter (where category_1 is not null)
            as favourite_category,
        count(category_1) as categories,
        {category_shares}
    from by_category group by customer_id
),
cities as (
    select customer_id, {city_shares} from by_city group by customer_id
),
goods as (
    select
        customer_id,
        count(distinct product_id) as products,
        count(*) filter (where discount > 0) as discounted_lines
    from bought_lines group by customer_id
)
select * replace (coalesce(products, 0) as products, coalesce(categories, 0) as categories)
from sums
left join gaps using (customer_id)
{preferred_joins}
left join categories using (customer_id)
left join cities using (customer_id)
left join goods using (customer_id)
"""

RFM = """
create table rfm_scores as
with totals as ({totals}),
scored as (
    select
        *,
        1 + floor(5 * (rank() over (partition by basis order by recency_days desc) - 1)
            / count(*) over (partition by basis))::integer as r_score,
        1 + floor(5 * (rank() over (partition by basis order by frequency) - 1)
            / count(*) over (partition by basis))::integer as f_score,
        1 + floor(5 * (rank() over (partition by basis order by monetary) - 1)
            / count(*) over (partition by basis))::integer as m_score
    from totals
)
select scored.*, 100 * r_score + 10 * f_score + m_score as rfm_code, segment
from scored inner join read_csv('{seeds}/rfm_segment_map.csv') as map
    on 100 * r_score + 10 * f_score + m_score = map.rfm_code
"""

GUARDS = """
create temp table guards as select * from read_csv('{seeds}/rfm_segment_guards.csv')
"""

FALL_BACK = """
update rfm_scores set segment = guards.falls_back_to
from guards
where rfm_scores.segment = guards.segment
    and not (
        frequency >= coalesce(minimum_orders, 0)
        and tenure_days <= coalesce(first_order_within_days, 1000000)
        and recency_days between coalesce(silent_at_least_days, 0)
            and coalesce(silent_at_most_days, 1000000)
    )
"""


def make_lines(connection: duckdb.DuckDBPyConnection, source: Path) -> None:
    """Write source rows, ledger, matched returns, products and lines."""
    uci = [*source.glob("online_retail.csv*")]
    if uci:
        read = UCI.format(path=uci[0])
        columns = ["order_id", "customer_id", "ordered_at", "product_id", "product_name"]
        columns += ["quantity", "unit_price", "country"]
        products = "select null::varchar as product_id, null::decimal(18, 4) as unit_cost"
        held = []
    else:
        form = "parquet" if [*source.glob("order_lines*.parquet")] else "csv"
        numbered = "file_row_number + 1" if form == "parquet" else "row_number() over ()"
        path = f"{source}/order_lines*.{form}"
        options = ", file_row_number = true" if form == "parquet" else ""
        read = f"select {numbered} as source_row, * from read_{form}('{path}'{options})"
        if len([*source.glob(f"order_lines*.{form}")]) > 1:
            read = f"select row_number() over () as source_row, * from read_{form}('{path}')"
        rows = connection.execute(f"describe select * from read_{form}('{path}')").fetchall()
        columns = [row[0] for row in rows]
        products = f"from read_{form}('{source}/products.{form}')"
        rows = connection.execute(f"describe {products}").fetchall()
        held = [row[0] for row in rows]
    absent = [name for name in CATEGORIES if name not in held]
    added = "".join(f", null::varchar as {name}" for name in absent)
    connection.execute(
        f"create table products as select product_id, unit_cost::decimal(18, 4) as unit_cost, "
        f"* exclude (product_id, unit_cost){added} from ({products})"
    )
    replaced = {
        "status": "coalesce(lower({}), 'delivered')",
        "customer_id": "nullif({}, '0')",
        "discount": "coalesce({}, 0)::decimal(18, 4)",
    }
    columns_read = []
    for name, kind in COLUMNS.items():
        held_as = name if name in columns else f"null::{kind}"
        columns_read.append(f"{replaced.get(name, '{}').format(held_as)} as {name}")
    connection.execute(
        f"create table source_rows as select source_row, order_id, product_id, ordered_at, "
        f"quantity::decimal(18, 3) as quantity, unit_price::decimal(18, 4) as unit_price, "
        f"{', '.join(columns_read)}"
        f"{', product_name' if 'product_name' in columns else ''} from ({read})"
    )
    missing = [f"when {name} is null then 'no {name}'" for name in NEEDED]
    connection.execute(
        VALIDATED.format(
            seeds=ROOT / "seeds",
            adapter="online_retail" if uci else "contract",
            missing=" ".join(missing),
            columns=", ".join(columns),
        )
    )
    connection.execute(
        "create table ledger as "
        "select source_row, decision, reason, quantity, amount from validated"
    )
    connection.execute(
        "create temp view kept as select source_rows.*, ledger.amount, "
        "ledger.decision = 'accepted' as is_modelled "
        "from source_rows inner join ledger using (source_row) "
        "where decision in ('accepted', 'accepted_not_modelled')"
    )
    connection.execute(RETURNS)
    connection.execute(LINES.format(places=", ".join(PLACES)))


def sums_of(columns: dict[str, str]) -> str:
    """Return sums of both bases, filled with each basis."""
    return ", ".join(
        f"{expression.format(basis=basis)} as {name.format(basis=basis)}"
        for basis in ("placed", "bought")
        for name, expression in columns.items()
    )


def make_orders(connection: duckdb.DuckDBPyConnection, source: Path) -> None:
    """Write orders."""
    firsts = [f"min_by({name}, source_row) as {name}" for name in ("customer_id", *PLACES)]
    sums = {
        "{basis}_lines": "count(*) filter (where is_{basis})",
        "{basis}_units": "sum({basis}_units)::decimal(18, 3)",
        "{basis}_revenue": "sum({basis}_revenue)::decimal(18, 4)",
        "{basis}_margin": "sum({basis}_margin)::decimal(18, 4)",
    }
    connection.execute(ORDERS.format(firsts=", ".join(firsts), sums=sums_of(sums)))


def make_pivots(connection: duckdb.DuckDBPyConnection, source: Path) -> None:
    """Write the sales pivot, in one pass by grouping sets, and the customer pivot."""
    sums = {
        "{basis}_orders": "count(distinct order_id) filter (where is_{basis})",
        "{basis}_customers": "count(distinct customer_id) filter (where is_{basis})",
        "{basis}_lines": "count(*) filter (where is_{basis})",
        "{basis}_units": "sum({basis}_units)",
        "{basis}_revenue": "sum({basis}_revenue)",
        "{basis}_margin": "sum({basis}_margin)",
    }
    bases = [
        f"select '{basis}' as basis, dimension, coalesce(member, 'unknown') as member, "
        + ", ".join(f"{basis}_{name} as {name}" for name in ("orders", "customers", "lines"))
        + f", {basis}_units::decimal(18, 3) as units"
        + "".join(f", {basis}_{name}::decimal(18, 4) as {name}" for name in ("revenue", "margin"))
        + f", returns_amount::decimal(18, 4) as returns_amount from had "
        f"where is_had and ({basis}_orders > 0 or returns_amount <> 0)"
        for basis in ("placed", "bought")
    ]
    connection.execute(
        SALES_PIVOT.format(
            names=" ".join(f"when grouping({name}) = 0 then '{name}'" for name in DIMENSIONS),
            dimensions=", ".join(DIMENSIONS),
            sets=", ".join(f"({name})" for name in DIMENSIONS),
            sums=sums_of(sums),
            bases=" union all ".join(bases),
        )
    )
    of_basis = "filter (where is_{basis})"
    sums = {
        "{basis}_orders": f"count(*) {of_basis}",
        "{basis}_lines": f"coalesce(sum({{basis}}_lines) {of_basis}, 0)",
        "{basis}_units": f"coalesce(sum({{basis}}_units) {of_basis}, 0)::decimal(18, 3)",
        "{basis}_revenue": f"coalesce(sum({{basis}}_revenue) {of_basis}, 0)::decimal(18, 4)",
        "{basis}_margin": f"sum({{basis}}_margin) {of_basis}::decimal(18, 4)",
        "first_{basis}_at": f"min(ordered_at) {of_basis}",
        "last_{basis}_at": f"max(ordered_at) {of_basis}",
    }
    preferences = ("weekday", "hour", "city", "channel", "delivery_method", "payment_method")
    preferred = [
        f"preferred_{name} as (select customer_id, max_by({name}, (orders, {name})) "
        f"as preferred_{name} from (select customer_id, {name}, count(*) as orders "
        f"from placed_orders where {name} is not null group by all) group by customer_id),"
        for name in preferences
    ]
    shares = {
        dimension: ", ".join(
            f"coalesce(sum(revenue) filter (where place = {place}), 0)::double "
            f"/ nullif(sum(revenue), 0)::double as {dimension}_{place}_share"
            for place in range(1, 6)
        )
        for dimension in ("category", "city")
    }
    connection.execute(
        CUSTOMER_PIVOT.format(
            sums=sums_of(sums),
            preferred=" ".join(preferred),
            preferred_joins=" ".join(
                f"left join preferred_{name} using (customer_id)" for name in preferences
            ),
            category_shares=shares["category"],
            city_shares=shares["city"],
        )
    )


def make_rfm(connection: duckdb.DuckDBPyConnection, source: Path) -> None:
    """Write RFM scores of both bases."""
    as_of = "(select date_trunc('day', max(ordered_at)) + interval '1 day' from lines)"
    totals = [
        f"select '{basis}' as basis, customer_id, count(*) as frequency, "
        f"floor(epoch({as_of} - max(ordered_at)) / 86400)::bigint as recency_days, "
        f"floor(epoch({as_of} - min(ordered_at)) / 86400)::bigint as tenure_days, "
        f"sum({basis}_revenue)::decimal(18, 4) as monetary from orders "
        f"where customer_id is not null and is_{basis} group by customer_id"
        for basis in ("placed", "bought")
    ]
    connection.execute(RFM.format(totals=" union all ".join(totals), seeds=ROOT / "seeds"))
    (guards,) = connection.execute(GUARDS.format(seeds=ROOT / "seeds")).fetchone()
    # A chain of fall-backs is no longer than there are segments.
    for _ in range(guards):
        connection.execute(FALL_BACK)


def in_database(stage: Callable[[duckdb.DuckDBPyConnection, Path], None]) -> Stage:
    """Return a stage that opens the floor's database in a folder."""

    def run(source: Path, folder: Path) -> None:
        config = {"threads": 2, "preserve_insertion_order": False}
        with duckdb.connect(str(folder / "floor.duckdb"), config=config) as connection:
            stage(connection, source)

    return run


STAGES = {
    "lines": in_database(make_lines),
    "orders": in_database(make_orders),
    "pivots": in_database(make_pivots),
    "rfm": in_database(make_rfm),
}

if __name__ == "__main__":
    run_stage(STAGES)
