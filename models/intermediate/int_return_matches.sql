-- What reduces a sale: the goods that came back of it, and money that was taken off or
-- given back without goods, which goes to the product that it names first, then to its own
-- order and then, first in, first out, to its customer's earlier sales of any product,
-- where returned goods leave something.
{{ config(
    materialized='incremental',
    incremental_strategy='affected',
    unique_key='sale_line_id'
) }}
with

returned_amounts as (

    select * from {{ ref('int_returned_amounts') }}
    where true
        {{ only_affected('sale_line_id') }}

),

lines as (

    select * from {{ ref('int_money_off_lines') }}

),

{#- Each step takes what the one before it left. #}
{%- set steps = {
    'product': ['buyer', 'is_anonymous', 'order_id', 'product_id'],
    'order': ['buyer', 'is_anonymous', 'order_id'],
    'buyer': ['buyer', 'is_anonymous'],
} %}
{%- for step, keys in steps.items() %}
{%- set left = 'lines' if loop.first else 'left_after_' ~ loop.previtem[0] %}

{{ step }}_matches as (

    {{ match_first_in_first_out(left, keys) }}

),
{%- if not loop.last %}

{{ step }}_sums as (

    {% for side in ['sale', 'return'] -%}
    select
        {{ side }}_line_id as order_line_id,
        sum(amount) as amount
    from {{ step }}_matches
    group by {{ side }}_line_id
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

left_after_{{ step }} as (

    select
        lines.order_line_id,
        lines.buyer,
        lines.is_anonymous,
        lines.order_id,
        lines.product_id,
        lines.amount - coalesce({{ step }}_sums.amount, 0) as amount,
        lines.is_return,
        lines.time_number
    from {{ left }} as lines
    left join {{ step }}_sums
        on lines.order_line_id = {{ step }}_sums.order_line_id
    where lines.amount > coalesce({{ step }}_sums.amount, 0)

),
{%- endif %}
{%- endfor %}

money_off as (

    {% for matches in ['product_matches', 'order_matches', 'buyer_matches'] -%}
    select
        sale_line_id,
        return_line_id,
        amount
    from {{ matches }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select
    sale_line_id,
    return_line_id,
    quantity,
    revenue,
    is_written_twice,
    returned_at
from returned_amounts

union all

select
    money_off.sale_line_id,
    money_off.return_line_id,
    cast(0 as decimal(18, 3)) as quantity,
    cast(money_off.amount as decimal(18, 4)) as revenue,
    false as is_written_twice,
    lines.ordered_at as returned_at
from money_off
inner join lines
    on money_off.return_line_id = lines.order_line_id
where money_off.amount > 0
