-- Goods are summed by product first, which leaves few rows.
{{ config(materialized='ephemeral') }}
{% set dimensions = ['category_1', 'category_2', 'category_3', 'product'] -%}
with

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_modelled

),

products as (

    select * from {{ ref('dim_products') }}

),

summed_products as (

    select
        product_id as product,
        {%- for basis in ['placed', 'bought'] %}
        count(*) filter (where is_{{ basis }}) as {{ basis }}_lines,
        sum({{ basis }}_units) as {{ basis }}_units,
        sum({{ basis }}_revenue) as {{ basis }}_revenue,
        sum({{ basis }}_margin) as {{ basis }}_margin,
        sum({{ basis }}_revenue) filter (where {{ basis }}_margin is not null)
            as {{ basis }}_revenue_of_known_margin,
        {%- endfor %}
        sum(refund) as refund
    from order_lines
    group by product_id

),

labelled as (

    select
        summed_products.*,
        products.category_1,
        products.category_2,
        products.category_3
    from summed_products
    inner join products
        on summed_products.product = products.product_id

)

select
    case
        {%- for dimension in dimensions %}
        when grouping({{ dimension }}) = 0 then '{{ dimension }}'
        {%- endfor %}
    end as dimension,
    coalesce({{ dimensions | join(', ') }}) as member,
    {%- for basis in ['placed', 'bought'] %}
    sum({{ basis }}_lines) as {{ basis }}_lines,
    sum({{ basis }}_units) as {{ basis }}_units,
    sum({{ basis }}_revenue) as {{ basis }}_revenue,
    sum({{ basis }}_margin) as {{ basis }}_margin,
    sum({{ basis }}_revenue_of_known_margin) as {{ basis }}_revenue_of_known_margin,
    {%- endfor %}
    sum(refund) as returns_amount
from labelled
group by grouping sets ( -- noqa: PRS
    {%- for dimension in dimensions %}
    ({{ dimension }}){{ ',' if not loop.last }}
    {%- endfor %}
)
