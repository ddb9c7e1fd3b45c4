-- Which sale each returned unit undoes. Returns are taken in the order of their time, each
-- first within its own order, then first in, first out among its customer's earlier sales of
-- the product. Free units are separate from paid ones.
{{ config(
    materialized='incremental',
    incremental_strategy='affected',
    unique_key='sale_line_id'
) }}
{%- set group_keys = ['buyer', 'is_anonymous', 'product_id', 'is_free'] %}
{#- A CTE that is asked often would hold every line at once, so this is written out. What
    was refused at delivery is nothing to give back later. The sale of nobody is found again
    within its order alone. #}
{%- set order_lines %}
    (
        select
            validated.order_line_id,
            validated.order_id,
            coalesce(validated.customer_id, validated.order_id) as buyer,
            validated.product_id,
            abs(validated.quantity - coalesce(validated.refused_quantity, 0)) as amount,
            validated.customer_id is null as is_anonymous,
            sign(validated.quantity) * validated.amount <= 0 as is_free,
            validated.quantity < 0 as is_return,
            validated.quantity > 0 and validated.status = 'returned' as is_returned_itself,
            validated.ordered_at
        from {{ ref('int_order_lines_validated') }} as validated
        where decision in ('accepted', 'accepted_not_modelled')
            and status <> 'cancelled'
            and not is_money_off
            and quantity <> coalesce(refused_quantity, 0)
            {{ only_affected('order_line_id') }}
    )
{%- endset %}
with

-- Nothing of the others comes back.
returned_groups as (

    select distinct {{ group_keys | join(', ') }}
    from {{ order_lines }}
    where is_return

),

lines as (

    select
        order_lines.*,
        -- Within one moment the sale comes first, and of the sales what came back itself.
        row_number() over (
            partition by order_lines.{{ group_keys | join(', order_lines.') }}
            order by
                order_lines.ordered_at,
                order_lines.is_return,
                not order_lines.is_returned_itself,
                order_lines.order_line_id
        ) as time_number
    from {{ order_lines }} as order_lines
    inner join returned_groups
        {% for key in group_keys -%}
        {{ 'on' if loop.first else 'and' }} order_lines.{{ key }} = returned_groups.{{ key }}
        {% endfor %}
),

lines_of_returns as (

    select * from lines
    where order_id in (
        select returns.order_id
        from lines as returns
        where returns.is_return
    )

),

own_matches as (

    {{ match_first_in_first_out('lines_of_returns', group_keys + ['order_id']) }}

),

own_sums as (

    {% for side in ['sale', 'return'] -%}
    select
        own_matches.{{ side }}_line_id as order_line_id,
        sum(own_matches.amount) as amount,
        sum(case when sales.is_returned_itself then 0 else own_matches.amount end)
            as reopened_amount
    from own_matches
    inner join lines as sales
        on own_matches.sale_line_id = sales.order_line_id
    group by own_matches.{{ side }}_line_id
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

-- What a line has left when every return has been to its own order.
left_lines as (

    select
        lines.*,
        lines.amount - coalesce(own_sums.amount, 0) as amount_left,
        coalesce(own_sums.reopened_amount, 0) as reopened_amount
    from lines
    left join own_sums
        on lines.order_line_id = own_sums.order_line_id

),

other_lines as (

    select
        order_line_id,
        {{ group_keys | join(',\n        ') }},
        amount_left as amount,
        is_return,
        time_number
    from left_lines
    where amount_left > 0
        and not is_anonymous
        and not is_returned_itself

),

other_matches as (

    {{ match_first_in_first_out('other_lines', group_keys) }}

),

-- A return that goes beyond its own order may take a unit that a later one names: the later
-- one must not reopen that.
contested_groups as (

    select {{ group_keys | join(', ') }}
    from left_lines
    where is_return
        and not is_anonymous
    group by {{ group_keys | join(', ') }}
    having min(time_number) filter (where amount_left > 0)
        < max(time_number) filter (where reopened_amount > 0)

),

contested_lines as (

    select lines.*
    from lines
    inner join contested_groups
        {% for key in group_keys -%}
        {{ 'on' if loop.first else 'and' }} lines.{{ key }} = contested_groups.{{ key }}
        {% endfor %}
),

contested_matches as (

    {{ match_return_by_return('contested_lines', group_keys) }}

),

matches as (

    {% for matches in ['own_matches', 'other_matches'] -%}
    select
        sale_line_id,
        return_line_id,
        amount
    from {{ matches }}
    where sale_line_id not in (select contested_lines.order_line_id from contested_lines)

    union all

    {% endfor -%}
    select
        sale_line_id,
        return_line_id,
        amount
    from contested_matches

)

select
    matches.sale_line_id,
    matches.return_line_id,
    cast(sum(matches.amount) as decimal(18, 3)) as quantity,
    sales.is_returned_itself as is_written_twice
from matches
inner join lines as sales
    on matches.sale_line_id = sales.order_line_id
group by matches.sale_line_id, matches.return_line_id, sales.is_returned_itself
