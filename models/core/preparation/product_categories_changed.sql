-- A category that changes moves what was bought before. A product that is new moves
-- nothing: whoever bought it is affected by the lines that brought it.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='product_id'
) }}
with

products as (

    select
        product_id,
        category_1
    from {{ ref('product_categories') }}

)
{%- if is_incremental() %},

known_categories as (

    select
        product_id,
        category_1
    from {{ this }}

),

changed as (

    select
        coalesce(products.product_id, known_categories.product_id) as product_id,
        products.category_1,
        known_categories.product_id is not null as is_known
    from products
    full join known_categories
        on products.product_id = known_categories.product_id
    where known_categories.product_id is null
        or products.category_1 is distinct from known_categories.category_1

)
{%- endif %}

select
    product_id,
    category_1,
    {% if is_incremental() -%}
        case when is_known then cast({{ run_number() }} as bigint) end as changed_in_run
    {%- else -%}
        cast(null as bigint) as changed_in_run
    {%- endif %}
from {{ 'changed' if is_incremental() else 'products' }}
