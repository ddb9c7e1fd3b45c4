-- What the order lines say about products, by month: a run that adds counts the months
-- again in which a line was validated since.
{{ config(
    materialized='incremental',
    incremental_strategy='changed_lines',
    unique_key='sold_month'
) }}
with

order_lines as (

    select
        product_id,
        product_name,
        category_1,
        category_2,
        category_3,
        reason,
        ordered_at,
        date_trunc('month', ordered_at) as sold_month
    from {{ ref('int_order_lines_validated') }}
    where decision in ('accepted', 'accepted_not_modelled')
        {{ only_changed('sold_month') }}

)

select
    product_id,
    product_name,
    category_1,
    category_2,
    category_3,
    count(*) as lines,
    bool_or(reason like {{ text('service: {service}', service="'%'") }}) as is_service,
    cast(sold_month as timestamp) as sold_month,
    min(ordered_at) as first_sold_at,
    max(ordered_at) as last_sold_at
from order_lines
group by
    product_id, product_name, category_1, category_2, category_3, sold_month
