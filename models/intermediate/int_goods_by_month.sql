-- What is sold of products and their categories. An order belongs to the month in which it
-- began and to no other, so that orders of several months can be added up. A run that adds
-- sums those months again in which it touches an order.
-- depends_on: {{ ref('int_product_categories_tracked') }}
{{ config(
    materialized='incremental',
    pre_hook="{{ forget_touched('order_month') }}",
    post_hook='{{ note_built(as_of_date()) }}'
) }}
{% set dimensions = ['category_1', 'category_2', 'category_3', 'product'] -%}
{% set measures = ['lines', 'units', 'revenue', 'margin', 'revenue_of_known_margin'] -%}
with

orders as (

    select
        order_id,
        {{ month_start('ordered_at') }} as order_month
    from {{ ref('fct_orders') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

-- Asked more than once, and too many to be held meanwhile.
goods as {{ unheld() }} (

    select
        orders.order_id,
        orders.order_month,
        products.category_1,
        products.category_2,
        products.category_3,
        lines.product_id as product,
        {%- for basis in ['placed', 'bought'] %}
        cast(lines.is_{{ basis }} as integer) as {{ basis }}_lines,
        lines.{{ basis }}_units,
        lines.{{ basis }}_revenue,
        lines.{{ basis }}_margin,
        case when lines.{{ basis }}_margin is not null
            then lines.{{ basis }}_revenue end as {{ basis }}_revenue_of_known_margin,
        {%- endfor %}
        lines.refund
    from {{ ref('fct_order_lines') }} as lines
    inner join orders
        on lines.order_id = orders.order_id
    inner join products
        on lines.product_id = products.product_id
    where lines.is_modelled
        {{ only_touched('order_month', column='orders.order_month') }}

),

summed as (

    select
        order_month,
        case
            {%- for dimension in dimensions %}
            when grouping({{ dimension }}) = 0 then '{{ dimension }}'
            {%- endfor %}
        end as dimension,
        coalesce({{ dimensions | join(', ') }}) as member,
        {%- for basis in ['placed', 'bought'] %}
        {%- for measure in measures %}
        sum({{ basis }}_{{ measure }}) as {{ basis }}_{{ measure }},
        {%- endfor %}
        {%- endfor %}
        sum(refund) as returns_amount
    from goods
    group by grouping sets ( -- noqa: PRS
        {%- for dimension in dimensions %}
        (order_month, {{ dimension }}){{ ',' if not loop.last }}
        {%- endfor %}
    )

),

-- Groups of pairs: half the time and memory of counting distinct orders.
orders_counted as (
    {%- for dimension in dimensions %}

    select
        order_month,
        '{{ dimension }}' as dimension,
        member,
        {%- for basis in ['placed', 'bought'] %}
        count(*) filter (where is_{{ basis }}) as {{ basis }}_orders
        {{- ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            order_month,
            {{ dimension }} as member,
            {%- for basis in ['placed', 'bought'] %}
            bool_or({{ basis }}_lines > 0) as is_{{ basis }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from goods
        group by order_month, {{ dimension }}, order_id
    ) as pairs
    group by order_month, member
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select
    summed.dimension,
    coalesce(summed.member, '') as member,
    {%- for basis in ['placed', 'bought'] %}
    orders_counted.{{ basis }}_orders,
    cast(summed.{{ basis }}_lines as bigint) as {{ basis }}_lines,
    cast(summed.{{ basis }}_units as decimal(18, 3)) as {{ basis }}_units,
    {%- for measure in ['revenue', 'margin', 'revenue_of_known_margin'] %}
    cast(summed.{{ basis }}_{{ measure }} as decimal(18, 4)) as {{ basis }}_{{ measure }},
    {%- endfor %}
    {%- endfor %}
    cast(summed.returns_amount as decimal(18, 4)) as returns_amount,
    summed.order_month
from summed
inner join orders_counted
    on summed.order_month = orders_counted.order_month
    and summed.dimension = orders_counted.dimension
    and summed.member is not distinct from orders_counted.member
