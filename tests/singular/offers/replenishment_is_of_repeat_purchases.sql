-- Days of purchase and the last of them, counted again from the order lines; what was
-- bought on one day is left out, and nothing else.
with

counted as (

    select
        lines.customer_id,
        lines.product_id,
        count(distinct cast(lines.ordered_at as date)) as purchases,
        cast(max(lines.ordered_at) as date) as last_date
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('dim_products') }} as products
        on lines.product_id = products.product_id
        and not products.is_service
    where lines.is_bought
        and lines.customer_id is not null
        and lines.ordered_at < {{ as_of_date() }}
    group by lines.customer_id, lines.product_id
    having count(distinct cast(lines.ordered_at as date)) > 1

)

select
    coalesce(counted.customer_id, replenishment.customer_id) as customer_id,
    coalesce(counted.product_id, replenishment.product_id) as product_id
from counted
full outer join {{ ref('replenishment') }} as replenishment
    on counted.customer_id = replenishment.customer_id
    and counted.product_id = replenishment.product_id
where counted.purchases is distinct from replenishment.purchases
    or counted.last_date is distinct from cast(replenishment.last_bought_at as date)
