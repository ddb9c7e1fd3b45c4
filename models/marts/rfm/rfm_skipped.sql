-- Whoever is known and has no score, with the reason: a figure of theirs is unknown, or
-- no order of theirs counts in the basis, and then what there is instead.
with

customers as (

    select * from {{ ref('dim_customers') }}

),

customer_totals as (

    select * from {{ ref('customer_totals') }}

),

uncounted as (

    select
        bases.basis,
        customers.customer_id,
        customers.has_orders,
        customers.has_totals
    from customers
    cross join (values ('placed'), ('bought')) as bases (basis)
    left join customer_totals
        on bases.basis = customer_totals.basis
        and customers.customer_id = customer_totals.customer_id
    where customer_totals.customer_id is null

),

order_lines as (

    select
        customer_id,
        count(*) as lines,
        count(*) filter (where is_modelled) as modelled_lines,
        count(*) filter (where not is_modelled and unit_price = 0) as free_lines,
        count(*) filter (where not is_modelled and unit_price <> 0 and quantity <> 0)
            as service_lines,
        count(*) filter (where is_modelled and is_cancelled) as cancelled_lines,
        count(*) filter (where is_placed) as placed_lines,
        count(*) filter (where is_bought) as bought_lines,
        count(*) filter (where is_placed and returned_quantity >= quantity)
            as returned_lines
    from {{ ref('fct_order_lines') }}
    where customer_id in (select uncounted.customer_id from uncounted)
    group by customer_id

),

reasoned as (

    select
        uncounted.basis,
        uncounted.customer_id,
        case
            when uncounted.has_orders then 'orders'
            when uncounted.has_totals then 'totals'
            else 'customers'
        end as source,
        case
            when uncounted.has_totals and not uncounted.has_orders
                then {{ text('the totals are of a day after the as-of date') }}
            when order_lines.lines is null
                then {{ text('known from the file of customers alone: no order') }}
            when order_lines.free_lines = order_lines.lines then {{ text('only free lines') }}
            when order_lines.service_lines = order_lines.lines then {{ text('only services') }}
            when order_lines.modelled_lines = 0
                then {{ text('only free lines, services or lines of quantity zero') }}
            when order_lines.cancelled_lines = order_lines.modelled_lines
                then {{ text('only cancelled orders') }}
            when order_lines.placed_lines = 0
                then {{ text('only returns or refunds of sales that are not in the files') }}
            -- An order is the customer's whose key stands on its first line.
            when uncounted.basis = 'placed' or order_lines.bought_lines > 0
                then {{ text('only lines in orders of another customer') }}
            when order_lines.returned_lines = order_lines.placed_lines
                then {{ text('everything came back') }}
            when order_lines.returned_lines > 0
                then {{ text('part came back, the rest is not delivered') }}
            else {{ text('nothing is delivered yet') }}
        end as reason
    from uncounted
    left join order_lines
        on uncounted.customer_id = order_lines.customer_id

)

select
    basis,
    customer_id,
    source,
    rfm_skip_reason as reason
from customer_totals
where rfm_skip_reason is not null

union all

select
    basis,
    customer_id,
    source,
    reason
from reasoned
