-- Money that is left out of every sum, and orders whose own totals do not add up; nothing is
-- said of a dataset that has neither.
with

foreign_lines as (

    select
        source_currency,
        count(*) as lines,
        sum(source_amount) as amount
    from {{ ref('order_line_ledger') }}
    where source_currency is not null
        and amount is null
    group by source_currency

),

foreign_money as (

    select
        sum(lines) as lines,
        {{ joined_text(
            two_decimals('amount') ~ " || ' ' || source_currency", ', ',
            'lines desc, source_currency'
        ) }} as amounts
    from foreign_lines

),

differences as (

    select
        count(*) as orders,
        sum(abs(difference)) as amount
    from {{ ref('order_differences') }}

)

select
    'currency' as check_name,
    'order_lines' as subject,
    cast(null as string) as source_mart,
    cast(null as string) as list_name,
    {{ text(
        'order lines in another currency have no rate and are rejected: {lines}, {amounts}',
        lines='cast(lines as bigint)',
        amounts='amounts'
    ) }} as finding,
    cast(lines as double) as value,
    true as is_significant,
    false as is_harmless
from foreign_money
where lines > 0

union all

select
    'order totals' as check_name,
    'order_lines' as subject,
    cast(null as string) as source_mart,
    cast(null as string) as list_name,
    {{ text(
        'orders whose total is not what their lines, delivery, fees and tax come to: {orders}, '
        ~ 'by {amount} in all',
        orders='orders',
        amount=two_decimals('amount')
    ) }} as finding,
    cast(orders as double) as value,
    true as is_significant,
    false as is_harmless
from differences
where orders > 0
