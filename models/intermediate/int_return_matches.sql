-- First in, first out, in one pass: the units that a customer bought of a
-- product lie end to end on a line, and so do the units returned. A return takes
-- the earliest units that are left, and never one bought after it.
{{ config(
    materialized='incremental',
    pre_hook="{{ forget_touched('order_line_id', column='sale_line_id') }}",
    post_hook='{{ note_built() }}'
) }}
{#- A CTE that is asked often would hold every line at once, so this is written out. #}
{%- set order_lines %}
    (
        select * from {{ ref('int_order_lines_judged') }}
        where decision in ('kept', 'kept but not modelled')
            and status <> 'cancelled'
            {{ only_touched('order_line_id') }}
    )
{%- endset %}
with

-- Nothing of the others comes back.
returned_pairs as (

    select distinct
        customer_id,
        product_id
    from {{ order_lines }}
    where quantity < coalesce(refused_quantity, 0)
        and status <> 'returned'
        and customer_id is not null

),

-- What was refused at delivery is nothing to give back later.
taken_lines as (

    select
        order_lines.order_line_id,
        order_lines.customer_id,
        order_lines.product_id,
        order_lines.ordered_at,
        order_lines.quantity - coalesce(order_lines.refused_quantity, 0) as quantity
    from {{ order_lines }} as order_lines
    inner join returned_pairs
        on order_lines.customer_id = returned_pairs.customer_id
        and order_lines.product_id = returned_pairs.product_id
    where order_lines.status <> 'returned'

),

running_sums as (

    select
        order_line_id,
        customer_id,
        product_id,
        ordered_at,
        quantity,
        sum(greatest(quantity, 0)) over lines_so_far as sold,
        sum(greatest(-quantity, 0)) over lines_so_far as returned
    from taken_lines
    window lines_so_far as (
        partition by customer_id, product_id
        -- Within one moment the sale comes first.
        order by ordered_at, quantity < 0, order_line_id
        rows between unbounded preceding and current row
    )

),

positions as (

    select
        *,
        -- What was returned so far beyond all that had been sold by then.
        returned - greatest(0, max(returned - sold) over (
            partition by customer_id, product_id
            order by ordered_at, quantity < 0, order_line_id
            rows between unbounded preceding and current row
        )) as taken
    from running_sums

),

returns_placed as (

    select
        *,
        taken - coalesce(lag(taken) over (
            partition by customer_id, product_id
            order by ordered_at, quantity < 0, order_line_id
        ), 0) as taken_now
    from positions

),

matched as (

    select
        sales.order_line_id as sale_line_id,
        returns.order_line_id as return_line_id,
        least(sales.sold, returns.taken)
            - greatest(
                sales.sold - sales.quantity, returns.taken - returns.taken_now
            ) as quantity,
        returns.ordered_at as returned_at
    from returns_placed as returns
    inner join running_sums as sales
        on returns.customer_id = sales.customer_id
        and returns.product_id = sales.product_id
        and sales.quantity > 0
        and returns.quantity < 0
        and sales.sold - sales.quantity < returns.taken
        and returns.taken - returns.taken_now < sales.sold
    where returns.taken_now > 0

),

-- A line with the status returned is its own return, and so are the units that
-- were refused at delivery.
returned_lines as (

    select
        order_line_id as sale_line_id,
        order_line_id as return_line_id,
        case when status = 'returned' then quantity else refused_quantity end
            as quantity,
        coalesce(delivered_at, ordered_at) as returned_at
    from {{ order_lines }}
    where quantity > 0
        and (status = 'returned' or refused_quantity > 0)

),

all_matches as (

    select * from matched

    union all

    select * from returned_lines

)

select
    all_matches.sale_line_id,
    all_matches.return_line_id,
    cast(all_matches.quantity as decimal(18, 3)) as quantity,
    cast(
        sales.amount * all_matches.quantity / sales.quantity as decimal(18, 4)
    ) as revenue,
    all_matches.returned_at
from all_matches
inner join {{ order_lines }} as sales
    on all_matches.sale_line_id = sales.order_line_id
