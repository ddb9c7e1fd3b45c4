-- What each return takes from a sale: its units, and of its own amount the part of these
-- units, at most what is left of the sale's.
{{ config(
    materialized='incremental',
    incremental_strategy='affected',
    unique_key='sale_line_id'
) }}
with

-- Asked more than once, and too many to be held meanwhile.
order_lines as {{ not_materialized() }} (

    select * from {{ ref('int_order_lines_validated') }}
    where decision in ('accepted', 'accepted_not_modelled')
        and status <> 'cancelled'
        and not is_money_off
        {{ only_affected('order_line_id') }}

),

returned_units as (

    select * from {{ ref('int_returned_units') }}
    where true
        {{ only_affected('sale_line_id') }}

),

-- The last part of a return gets what rounding left over.
return_parts as (

    select
        returned_units.sale_line_id,
        returned_units.return_line_id,
        returned_units.quantity,
        returned_units.is_written_twice,
        sum(returned_units.quantity) over (
            partition by returned_units.return_line_id
            order by returned_units.sale_line_id
        ) as quantity_so_far,
        -returns.quantity as return_quantity,
        greatest(-returns.amount, 0) as return_amount,
        returns.ordered_at as returned_at
    from returned_units
    inner join order_lines as returns
        on returned_units.return_line_id = returns.order_line_id

),

requested as (

    select
        sale_line_id,
        return_line_id,
        quantity,
        {{ part_of('return_amount', 'quantity_so_far', 'return_quantity') }}
        - {{ part_of('return_amount', 'quantity_so_far - quantity', 'return_quantity') }}
            as amount,
        is_written_twice,
        false as is_own_return,
        returned_at
    from return_parts

    union all

    -- A line with the status returned is its own return, and so are the units that
    -- were refused at delivery.
    select
        order_line_id as sale_line_id,
        order_line_id as return_line_id,
        case when status = 'returned' then quantity else refused_quantity end as quantity,
        case
            when status = 'returned' then greatest(amount, 0)
            else {{ part_of('greatest(amount, 0)', 'refused_quantity', 'quantity') }}
        end as amount,
        false as is_written_twice,
        true as is_own_return,
        coalesce(delivered_at, ordered_at) as returned_at
    from order_lines
    where quantity > 0
        and (status = 'returned' or refused_quantity > 0)

),

claimed_so_far as (

    select
        requested.*,
        greatest(sales.amount, 0) as sale_amount,
        sum(requested.amount) over (
            -- What is written twice takes nothing more: the sale came back itself.
            partition by requested.sale_line_id, requested.is_written_twice
            order by not requested.is_own_return, requested.returned_at, requested.return_line_id
            rows between unbounded preceding and current row
        ) as amount_so_far
    from requested
    inner join order_lines as sales
        on requested.sale_line_id = sales.order_line_id

)

select
    sale_line_id,
    return_line_id,
    cast(quantity as decimal(18, 3)) as quantity,
    cast(
        least(amount_so_far, sale_amount)
        - least(amount_so_far - amount, sale_amount) as decimal(18, 4)
    ) as revenue,
    is_written_twice,
    returned_at
from claimed_so_far
