-- What the models below must write again: the lines that were validated since they were
-- built, whose product has another cost, or that were delivered between the as-of dates
-- of then and now; and where something came back, all that its customer had of its
-- product, since a return changes the sales before it. Of nobody's sales an order is as far
-- as a return reaches, and money off reaches all of a customer's.
{%- set readers = affected_models() + ['tests'] %}
{%- set since = watermark(readers) %}
with

order_lines as (

    select
        order_line_id,
        order_id,
        coalesce(customer_id, order_id) as buyer,
        product_id,
        customer_id is null as is_anonymous,
        quantity < 0 or refused_quantity > 0 as is_return,
        is_money_off,
        coalesce(delivered_at, ordered_at) as taken_at,
        run_number
    from {{ ref('int_order_lines_validated') }}
    {%- if since is none %}
    where false
    {%- endif %}

),

product_costs as (

    select * from {{ ref('int_product_costs_changed') }}
    where run_number > {{ since or 0 }}

),

known_dates as (

    select {{ as_of_date() }} as as_of_date
    {%- if since is not none %}

    union all

    select as_of_date
    from main.watermarks
    where model in ('{{ readers | join("', '") }}')
    {%- endif %}

),

-- Between these a line was delivered for one of the models and not yet for another.
as_of_dates as (

    select
        min(as_of_date) as earliest_at,
        max(as_of_date) as latest_at
    from known_dates

),

changed as (

    select
        order_lines.order_line_id,
        order_lines.order_id,
        order_lines.buyer,
        order_lines.product_id,
        order_lines.is_anonymous
    from order_lines
    cross join as_of_dates
    where order_lines.run_number > {{ since or 0 }}
        or (
            order_lines.taken_at >= as_of_dates.earliest_at
            and order_lines.taken_at < as_of_dates.latest_at
        )
        or order_lines.product_id in (select product_costs.product_id from product_costs)

),

-- Whatever happened to the return: a line that is rejected may have been one.
returned_pairs as (

    select
        changed.buyer,
        changed.is_anonymous,
        changed.product_id
    from order_lines
    inner join changed
        on order_lines.buyer = changed.buyer
        and order_lines.is_anonymous = changed.is_anonymous
        and order_lines.product_id = changed.product_id
    where order_lines.is_return
    group by changed.buyer, changed.is_anonymous, changed.product_id

),

money_off_buyers as (

    select
        changed.buyer,
        changed.is_anonymous
    from order_lines
    inner join changed
        on order_lines.buyer = changed.buyer
        and order_lines.is_anonymous = changed.is_anonymous
    where order_lines.is_money_off
    group by changed.buyer, changed.is_anonymous

),

affected as (

    select
        order_lines.order_line_id,
        order_lines.order_id
    from order_lines
    inner join returned_pairs
        on order_lines.buyer = returned_pairs.buyer
        and order_lines.is_anonymous = returned_pairs.is_anonymous
        and order_lines.product_id = returned_pairs.product_id

    union

    select
        order_lines.order_line_id,
        order_lines.order_id
    from order_lines
    inner join money_off_buyers
        on order_lines.buyer = money_off_buyers.buyer
        and order_lines.is_anonymous = money_off_buyers.is_anonymous

    union

    select
        order_line_id,
        order_id
    from changed

)

select
    order_line_id,
    order_id,
    cast({{ run_number() }} as bigint) as run_number
from affected
