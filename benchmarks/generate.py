"""Realistic sales of any size: `.venv/bin/python benchmarks/generate.py 5_000_000 big/five`.

Writes a dataset that follows the contract, so that `make lists DATASET=five DATA_DIR=big`
reads it: order lines in the order of time, products, customers, consents and three campaigns.
Few customers and products sell much and most little, customers come and stay away, months,
weekdays and hours have their seasons, goods are bought together, some lines come back, some are
there twice and some are faulty. Every value is a hash of its row's number and the seed, so the
same call makes the same rows, with any number of threads.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

FIRST_DAY = date(2024, 1, 1)
DAYS = 731
LINES_PER_ORDER = 18.4
ORDERS_PER_CUSTOMER = 5.12
# Of the orders with which the files begin, most are of customers who had come before.
EARLIER_CUSTOMERS = 0.3
GROUP_SIZE = 5
LONGEST_RETURN_DAYS = 30
# By month, by weekday from Monday, by hour from 0 to 23.
MONTHS = (8, 7, 8, 9, 9, 8, 7, 7, 9, 10, 14, 16)
WEEKDAYS = (10, 9, 9, 10, 13, 16, 12)
HOURS = (1, 0, 0, 0, 0, 1, 2, 4, 7, 10, 12, 13, 14, 13, 12, 11, 11, 12, 13, 13, 11, 8, 5, 3)
TICKS = 100_000

MACROS = """
create macro chance(number, purpose) as
    (hash(number, purpose, {seed}) >> 11) / 9007199254740992.0;
create macro normal(number, purpose) as
    sqrt(-2 * ln(1 - chance(number, purpose || ' 1')))
    * cos(2 * pi() * chance(number, purpose || ' 2'));
-- A number from 0 to size - 1 whose frequency falls as (number + flat) to the power -0.8.
create macro skewed(share, size, flat) as least(
    size - 1,
    floor(
        pow((pow(size + flat, 0.2) - pow(flat, 0.2)) * share + pow(flat, 0.2), 5) - flat
    )::bigint
);
create macro customer_key(number) as 'C' || lpad(number::varchar, 7, '0');
create macro product_key(number) as 'P' || lpad(number::varchar, 5, '0');
create macro city_of(number) as skewed(chance(number, 'city'), 60, 2);
"""

# Weights spread over ticks, so that a share of the year is found by its place in a list.
TIMES = """
set variable day_of_tick = (
    select list(day order by day) from (
        select day, unnest(range(greatest(1, round(
            {ticks} * weight / sum(weight) over ()
        )::bigint))) as tick
        from (
            select
                day,
                {months}[month(date '{first_day}' + day::integer)]
                * {weekdays}[isodow(date '{first_day}' + day::integer)]
                * (1 + 0.3 * day / {days}) as weight
            from range({days}) as days (day)
        )
    )
);
set variable hour_of_tick = (
    select list(hour order by hour) from (
        select hour - 1 as hour, unnest(range({hours}[hour])) as tick
        from range(1, 25) as hours (hour)
    )
);
"""

PRODUCTS = """
create table products as
select
    number,
    product_key(number) as product_id,
    'Article ' || number as product_name,
    'Department ' || lpad((number // {group_size} % 12 + 1)::varchar, 2, '0') as category_1,
    'Shelf ' || lpad((number // {group_size} % 60 + 1)::varchar, 2, '0') as category_2,
    greatest(0.19, round(exp(1.6 + 0.9 * normal(number, 'price')), 2))::decimal(18, 2)
        as price,
    round(price * (0.4 + 0.35 * chance(number, 'cost')), 2)::decimal(18, 2) as unit_cost
from range({products}) as numbers (number);
set variable price_of_product = (select list(price order by number) from products);
"""

# Orders are numbered in the order of time. A new customer's first order comes when the number of
# customers known by then grows; whoever has left is replaced by one of the newest.
ORDERS = """
create table orders as
with
numbered as (
    select
        number,
        {customers} * ({earlier} + (1 - {earlier}) * number / {orders}) as known,
        getvariable('day_of_tick')[
            1 + floor(number * len(getvariable('day_of_tick')) / {orders})::bigint
        ] as day
    from range({orders}) as numbers (number)
),
drawn as (
    select
        *,
        greatest(1, floor(known))::bigint as customers,
        floor(known) > floor(known - {customers} * (1 - {earlier}) / {orders}) as is_first,
        skewed(chance(number, 'customer'), greatest(1, floor(known))::bigint, {flat}) as regular
    from numbered
),
bought as (
    select
        number,
        day,
        case
            when is_first then customers - 1
            when chance(number, 'anonymous') < 0.05 then null
            when chance(regular, 'end') * 1.6 * {days} < day
                and chance(number, 'stays') < 0.95
                then customers - 1 - floor(chance(number, 'newest') * customers / 5)::bigint
            else regular
        end as customer
    from drawn
)
select
    number,
    customer,
    city_of(coalesce(customer, number)) as city,
    date '{first_day}'::timestamp + to_days(day::integer) + to_hours(
        getvariable('hour_of_tick')[1 + floor(
            chance(number, 'hour') * len(getvariable('hour_of_tick'))
        )::bigint]
    ) + to_seconds(floor(chance(number, 'second') * 3600)::bigint) as ordered_at,
    case
        when chance(number, 'status') < 0.02 then 'cancelled'
        when day > {days} - 3 and chance(number, 'status') < 0.5 then 'placed'
        else 'delivered'
    end as status,
    case
        when chance(coalesce(customer, number), 'channel') < 0.6
            then case when chance(number, 'channel') < 0.85 then 'store' else 'web' end
        when chance(number, 'channel') < 0.8 then 'web'
        else 'app'
    end as channel,
    least(200, greatest(1, round(exp(
        ln({lines_per_order}) - 0.28 + 0.75 * normal(number, 'size')
    ))))::bigint as size
from bought
order by number
"""

# Nearly half of the lines are of the group of goods that leads their part of the basket.
LINES = """
create macro lines_of(first_number, end_number) as table
with
placed as (
    select
        number * 1000 + line as line_key,
        number,
        customer,
        city,
        ordered_at,
        status,
        channel,
        line,
        case when chance(number * 1000 + line, 'follows') < 0.45
            then least(
                {products} - 1,
                skewed(chance(number * 1000 + line // 4, 'leads'), {products}, 30)
                // {group_size} * {group_size}
                + floor(chance(number * 1000 + line, 'which') * {group_size})::bigint
            )
            else skewed(chance(number * 1000 + line, 'product'), {products}, 30)
        end as product
    from (
        select *, unnest(range(1, size + 1)) as line
        from orders
        where number >= first_number and number < end_number
    )
)
select
    *,
    1 + least(11, floor(-1.1 * ln(1 - chance(line_key, 'quantity'))))::integer as quantity,
    (
        getvariable('price_of_product')[product + 1]
        + 0.05 * (year(ordered_at) - {first_year})
    )::decimal(18, 2) as unit_price,
    chance(line_key, 'fate') as fate
from placed
"""

RETURNS = """
create table returns as
select
    'R' || lpad(number::varchar, 8, '0') as order_id,
    line,
    customer,
    city,
    ordered_at + to_hours(
        24 + floor(chance(line_key, 'back') * 24 * ({longest} - 1))::bigint
    ) as ordered_at,
    channel,
    product,
    -least(quantity, 1 + floor(chance(line_key, 'part') * quantity)::integer) as quantity,
    unit_price
from lines_of(0, {orders})
where fate < 0.015 and status = 'delivered'
order by number, line
"""

ROWS = """
with
rows_before as (
    select
        'O' || lpad(number::varchar, 8, '0') as order_id,
        line,
        customer,
        city,
        ordered_at,
        status,
        channel,
        product,
        quantity,
        case when fate > 0.9999 then -unit_price else unit_price end as unit_price,
        case when fate between 0.2 and 0.28 then 0.1 else 0 end as discount_share,
        fate
    from lines_of({first_number}, {end_number})

    union all

    select
        order_id, line, customer, city, ordered_at, 'delivered', channel, product, quantity,
        unit_price, 0, 1
    from returns
    where ordered_at >= date '{first}' and ordered_at < date '{end}'
)
select
    order_id,
    line as line_number,
    case when customer is not null then customer_key(customer) end as customer_id,
    ordered_at,
    status,
    case when fate <= 0.9998 or fate > 0.9999 then product_key(product) end as product_id,
    quantity,
    unit_price,
    round(quantity * unit_price * discount_share, 2)::decimal(18, 2) as discount,
    channel,
    'Country ' || city % 7 as country,
    'City ' || lpad(city::varchar, 2, '0') as city
from rows_before
cross join lateral (
    -- Some lines are delivered to the file twice.
    select unnest(range(case when fate between 0.1 and 0.1005 then 2 else 1 end)) as copy
)
"""

OTHERS = {
    "products": """
        select product_id, product_name, category_1, category_2, unit_cost
        from products order by number
    """,
    "customers": """
        select
            customer_key(customer) as customer_id,
            min(ordered_at) - to_days(floor(9 * chance(customer, 'registered'))::integer)
                as registered_at,
            1945 + floor(60 * chance(customer, 'born'))::integer as birth_year,
            case when chance(customer, 'gender') < 0.55 then 'female' else 'male' end as gender,
            round(exp(10.3 + 0.5 * normal(customer, 'income')))::integer as income,
            'Country ' || city_of(customer) % 7 as country,
            'City ' || lpad(city_of(customer)::varchar, 2, '0') as city,
            case when chance(customer, 'email') < 0.9
                then lower(customer_key(customer)) || '@example.com' end as email
        from orders where customer is not null group by customer order by customer
    """,
    "consents": """
        select
            customer_key(customer) as customer_id,
            kind as channel,
            'marketing' as purpose,
            case when chance(customer, kind) < 0.07 then 'withdrawn' else 'granted' end
                as status,
            min(ordered_at) as event_at
        from orders cross join (values ('email'), ('sms')) as kinds (kind)
        where customer is not null and chance(customer, kind) < 0.75
        group by customer, kind order by customer, kind
    """,
    "campaigns": """
        select
            'CMP' || number as campaign_id,
            'Campaign ' || number as campaign_name,
            'win_back' as list_name,
            'email' as channel,
            '10 % off' as offer,
            date '{end}'::timestamp - to_days((60 * (4 - number))::integer) as started_at,
            started_at + to_days(30) as ended_at,
            0.02::decimal(18, 4) as contact_cost,
            1.5::decimal(18, 4) as offer_cost
        from range(1, 4) as numbers (number)
    """,
    "campaign_contacts": """
        select
            'CMP' || number as campaign_id,
            customer_key(customer) as customer_id,
            case when chance(customer, 'arm' || number) < 0.8 then 'treatment' else 'control' end
                as arm,
            date '{end}'::timestamp - to_days((60 * (4 - number))::integer) as sent_at,
            chance(customer, 'answer' || number)
                < 0.04 + 0.2 * chance(customer, 'interest') * chance(customer, 'interest')
                as responded
        from (select distinct customer from orders where customer is not null)
        cross join range(1, 4) as numbers (number)
        where chance(customer, 'sent' || number) < 0.08
        order by number, customer
    """,
}


@dataclass(frozen=True)
class Size:
    """How much there is of everything, from the number of sales lines asked for."""

    orders: int
    customers: int
    products: int

    @classmethod
    def of(cls, lines: int) -> Size:
        """Return the size for about so many lines; 46 million make 2.5 million orders."""
        orders = max(20, round(lines / LINES_PER_ORDER))
        return cls(
            orders=orders,
            customers=max(10, round(orders / ORDERS_PER_CUSTOMER)),
            products=min(20_000, max(300, lines // 250)),
        )


def generate(
    lines: int,
    folder: Path,
    *,
    form: str = "parquet",
    days_apart: int = 0,
    seed: int = 7,
) -> dict[str, int]:
    """Write a dataset of about so many order lines into a folder.

    Parameters
    ----------
    lines : sales lines, within a few in a hundred; returns and copies come on top.
    form : `parquet` or `csv`.
    days_apart : of the last days each gets a file of order lines to itself.
    seed : another seed, other rows.

    Returns
    -------
    Rows written by file.
    """
    size = Size.of(lines)
    end = FIRST_DAY + timedelta(days=DAYS)
    filled = {
        "seed": seed,
        "ticks": TICKS,
        "first_day": FIRST_DAY,
        "first_year": FIRST_DAY.year,
        "end": end,
        "days": DAYS,
        "months": list(MONTHS),
        "weekdays": list(WEEKDAYS),
        "hours": list(HOURS),
        "lines_per_order": LINES_PER_ORDER,
        "earlier": EARLIER_CUSTOMERS,
        "flat": max(5, size.customers // 20),
        "group_size": GROUP_SIZE,
        "longest": LONGEST_RETURN_DAYS,
        "orders": size.orders,
        "customers": size.customers,
        "products": size.products,
    }
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for statement in (MACROS, TIMES, PRODUCTS, ORDERS, LINES, RETURNS):
            connection.execute(statement.format(**filled))

        def write(name: str, query: str) -> int:
            path = str(folder / f"{name}.{form}").replace("'", "''")
            return connection.execute(f"copy ({query}) to '{path}' (format {form})").fetchone()[0]

        def write_lines(name: str, first: date, until: date) -> int:
            numbers = connection.execute(
                "select coalesce(min(number), 0), coalesce(max(number) + 1, 0) from orders "
                "where ordered_at >= ? and ordered_at < ?",
                [first, until],
            ).fetchone()
            span = {"first": first, "end": until}
            span |= dict(zip(("first_number", "end_number"), numbers, strict=True))
            return write(name, ROWS.format(**span))

        first_apart = end - timedelta(days=days_apart)
        written = {"order_lines": write_lines("order_lines", FIRST_DAY, first_apart)}
        for number in range(days_apart):
            day = first_apart + timedelta(days=number)
            name = f"order_lines_{day}"
            written[name] = write_lines(name, day, day + timedelta(days=1))
        written |= {name: write(name, query.format(**filled)) for name, query in OTHERS.items()}
    return written


def main() -> int:
    """Write one dataset and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", type=int, help="about so many order lines, as 5_000_000")
    parser.add_argument("folder", type=Path, help="the dataset's folder, made where missing")
    parser.add_argument("--form", choices=["parquet", "csv"], default="parquet")
    parser.add_argument("--days-apart", type=int, default=0, help="last days in their own files")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    started = time.perf_counter()
    written = generate(
        options.lines,
        options.folder,
        form=options.form,
        days_apart=options.days_apart,
        seed=options.seed,
    )
    for name, rows in written.items():
        print(f"{name:<30} {rows:>12,}")
    print(f"in {math.ceil(time.perf_counter() - started)} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
