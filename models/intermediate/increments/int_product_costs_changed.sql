-- A cost that changes, or is no longer known, changes the margin of old lines: the run
-- number says since when a product has the cost that it has.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='product_id'
) }}
with

products as (

    select
        product_id,
        unit_cost
    from {{ ref('int_products_conformed') }}

)
{%- if is_incremental() %},

known_costs as (

    select
        product_id,
        unit_cost
    from {{ this }}

),

changed as (

    select
        coalesce(products.product_id, known_costs.product_id) as product_id,
        products.unit_cost
    from products
    full join known_costs
        on products.product_id = known_costs.product_id
    where known_costs.product_id is null
        or products.unit_cost is distinct from known_costs.unit_cost

)
{%- endif %}

select
    product_id,
    unit_cost,
    cast({{ run_number() }} as bigint) as run_number
from {{ 'changed' if is_incremental() else 'products' }}
