{#
    Which sales returns take from, first in, first out, as a query. `lines` names a relation
    of sales and returns with the columns order_line_id, time_number, is_return and
    amount (above zero: units or money); matches are within equal `keys`. All in one
    pass: what was sold is laid end to end on a line, and so is what came back.
    A return takes the earliest remaining units, and nothing sold after it.

    time_number  is_return  amount         return  sale  amount
    1            false      2              3       1     2
    2            false      2         ->   3       2     1
    3            true       3              4       2     1
    4            true       5

    match_first_in_first_out('lines', ['customer_id', 'product_id'])
#}
{%- macro match_first_in_first_out(lines, keys) -%}
    {%- set partition = 'partition by ' ~ keys | join(', ') ~ ' order by time_number' -%}
    with

    running_sums as (

        select
            *,
            sum(case when is_return then 0 else amount end) over (
                {{ partition }} rows between unbounded preceding and current row
            ) as sold,
            sum(case when is_return then amount else 0 end) over (
                {{ partition }} rows between unbounded preceding and current row
            ) as returned
        from {{ lines }}

    ),

    positions as (

        select
            *,
            -- What was returned so far, but for what exceeded all that had been sold by then.
            returned - greatest(0, max(returned - sold) over (
                {{ partition }} rows between unbounded preceding and current row
            )) as taken
        from running_sums

    ),

    steps as (

        select
            *,
            coalesce(lag(taken) over ({{ partition }}), 0) as taken_before
        from positions

    )

    select
        {%- for key in keys %}
        sales.{{ key }},
        {%- endfor %}
        sales.order_line_id as sale_line_id,
        returns.order_line_id as return_line_id,
        least(sales.sold, returns.taken)
        - greatest(sales.sold - sales.amount, returns.taken_before) as amount
    from steps as returns
    inner join steps as sales
        {% for key in keys -%}
        {{ 'on' if loop.first else 'and' }} returns.{{ key }} = sales.{{ key }}
        {% endfor -%}
        and not sales.is_return
        and sales.sold - sales.amount < returns.taken
        and returns.taken_before < sales.sold
    where returns.is_return
        and returns.taken > returns.taken_before
{%- endmacro -%}
