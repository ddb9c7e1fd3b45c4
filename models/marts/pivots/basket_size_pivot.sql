with

orders as (

    select * from {{ ref('fct_orders') }}

),

based as (

    {% for basis in ['placed', 'bought'] -%}
    select
        '{{ basis }}' as basis,
        {{ basis }}_lines as lines,
        {{ basis }}_units as units,
        {{ basis }}_revenue as revenue,
        {{ basis }}_margin as margin
    from orders
    where is_{{ basis }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

sized as (

    select
        *,
        case
            when lines < 5 then cast(lines as string)
            when lines < 10 then '5 to 9'
            when lines < 20 then '10 to 19'
            else '20 and more'
        end as basket_size,
        case
            when lines < 5 then lines
            when lines < 10 then 5
            when lines < 20 then 10
            else 20
        end as smallest_size
    from based

),

grouped as (

    select
        basis,
        basket_size,
        smallest_size,
        count(*) as orders,
        sum(lines) as lines,
        sum(units) as units,
        sum(revenue) as revenue,
        sum(margin) as gross_margin
    from sized
    group by basis, basket_size, smallest_size

)

select
    basis,
    basket_size,
    smallest_size,
    orders,
    {{ share_of('orders', 'basis') }} as order_share,
    cast(lines as bigint) as lines,
    cast(units as decimal(18, 3)) as units,
    cast(revenue as decimal(18, 4)) as revenue,
    {{ share_of('revenue', 'basis') }} as revenue_share,
    cast(gross_margin as decimal(18, 4)) as gross_margin,
    {{ ratio('revenue', 'orders') }} as average_order_value
from grouped
