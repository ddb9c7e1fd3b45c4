-- The basket that each order belongs to: itself, and all that its customer bought
-- in the same period. Itemsets are counted in all baskets, or of very many in a simple
-- random sample; rules are tested within strata on those of whole customers, so that of
-- one who is drawn all is known.
with

orders as (

    select
        *,
        {{ epoch_seconds('ordered_at') }} as ordered_seconds
    from {{ ref('fct_orders') }}
    where is_bought

),

periods as (

    select * from {{ ref('basket_periods') }}

),

basketed as (
    {%- for basis in var('basket_bases') %}

    select
        '{{ basis }}' as basis,
        case
            when orders.ordered_seconds <= periods.mining_until_seconds then 'mining'
            when orders.ordered_seconds <= periods.validation_until_seconds
                then 'validation'
            else 'test'
        end as period,
        orders.order_id,
        orders.{{ basis }}_id as basket_id,
        orders.lines,
        coalesce(orders.customer_id, orders.{{ basis }}_id) as drawn_id
    from orders
    cross join periods
    where orders.{{ basis }}_id is not null
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

shares as (

    select
        basis,
        cast({{ var('basket_max_lines') }} as double) / nullif(sum(lines), 0) as counted_share
    from basketed
    where period <> 'test'
    group by basis

),

tests as (

    select
        cast({{ var('basket_test_orders') }} as double)
            / nullif(count(distinct order_id), 0) as tested_share
    from basketed
    where period <> 'test'

)

-- Validation is numbered first, then mining, then test.
select
    basketed.basis,
    basketed.period,
    basketed.order_id,
    basketed.basket_id,
    cast(
        dense_rank() over (
            order by
                basketed.basis,
                basketed.period = 'test',
                basketed.period = 'mining',
                basketed.basket_id
        ) as integer
    ) as basket_number,
    basketed.period <> 'test' and (
        coalesce(shares.counted_share, 1) >= 1
        or {{ hash_bucket("'basket|'", 'basketed.basket_id') }} < 10000 * shares.counted_share
    ) as is_counted,
    basketed.period <> 'test' and (
        coalesce(tests.tested_share, 1) >= 1
        or {{ hash_bucket("'basket_test|'", 'basketed.drawn_id') }} < 10000 * tests.tested_share
    ) as is_tested
from basketed
cross join tests
left join shares
    on basketed.basis = shares.basis
