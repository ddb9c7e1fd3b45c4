-- How much of each return found its sales, and why the rest did not.
{{ config(
    materialized='incremental',
    incremental_strategy='affected',
    unique_key='order_line_id'
) }}
with

returns as (

    select
        order_line_id,
        customer_id,
        product_id,
        case when is_money_off then 0 else -quantity end as quantity,
        amount,
        is_money_off,
        ordered_at
    from {{ ref('int_order_lines_validated') }}
    where (quantity < 0 or is_money_off)
        and status <> 'cancelled'
        and decision in ('accepted', 'accepted_not_modelled')
        {{ only_affected('order_line_id') }}

),

found as (

    select
        return_line_id,
        sum(quantity) as quantity,
        sum(revenue) as amount,
        bool_and(is_written_twice) as is_written_twice
    from {{ ref('int_return_matches') }}
    group by return_line_id

),

compared as (

    select
        returns.*,
        found.return_line_id is not null as is_found,
        coalesce(found.is_written_twice, false) as is_written_twice,
        returns.quantity - coalesce(found.quantity, 0) as unmatched_quantity,
        greatest(-returns.amount, 0) - coalesce(found.amount, 0) as unmatched_amount
    from returns
    left join found
        on returns.order_line_id = found.return_line_id

),

-- Only returns that found nothing ask what there was.
earlier_sales as (

    select
        compared.order_line_id,
        bool_or(sales.status <> 'returned') as has_sale,
        bool_or(sales.status = 'returned') as has_returned_sale
    from compared
    inner join {{ ref('int_order_lines_validated') }} as sales
        on compared.customer_id = sales.customer_id
        and (compared.product_id = sales.product_id or compared.is_money_off)
        and compared.ordered_at >= sales.ordered_at
        and (compared.amount < 0) = (sales.amount > 0)
    where not compared.is_found
        and sales.decision in ('accepted', 'accepted_not_modelled')
        and sales.quantity > 0
        and not sales.is_money_off
        and sales.status <> 'cancelled'
    group by compared.order_line_id

)

select
    compared.order_line_id,
    case
        when compared.unmatched_quantity = 0
            and not (compared.is_money_off and compared.unmatched_amount > 0)
            then case
                when compared.is_written_twice then 'already returned'
                when compared.unmatched_amount > 0 then 'beyond the sale'
                else 'matched'
            end
        when compared.is_found then 'partly matched'
        when compared.customer_id is null then 'no customer'
        when earlier_sales.has_sale then 'sales used up'
        when earlier_sales.has_returned_sale then 'already returned'
        else 'no earlier sale'
    end as return_match,
    cast(compared.unmatched_quantity as decimal(18, 3)) as unmatched_quantity,
    cast(compared.unmatched_amount as decimal(18, 4)) as unmatched_amount
from compared
left join earlier_sales
    on compared.order_line_id = earlier_sales.order_line_id
