{#
    The matches of match_first_in_first_out where each return goes to its own order
    first, then to the earliest remaining sale of others: return by return, so that
    none takes what an earlier one took. A step holds all sales of its group, so
    this is for few lines.

    `lines` has the columns order_line_id, order_id, time_number, is_return,
    is_returned_itself (such a sale is matched by returns of its own order
    alone) and amount.

    match_return_by_return('lines', ['customer_id', 'product_id'])
#}
{%- macro match_return_by_return(lines, keys) -%}
    {{- adapter.dispatch('match_return_by_return', 'targeted_lists')(lines, keys) -}}
{%- endmacro -%}


{%- macro default__match_return_by_return(lines, keys) -%}
    {%- set columns = keys + ['sale_line_id', 'order_id', 'time_number', 'is_returned_itself'] -%}
    with recursive

    returns as (

        select
            *,
            row_number() over (partition by {{ keys | join(', ') }} order by time_number)
                as return_number
        from {{ lines }}
        where is_return

    ),

    steps as (

        select
            {%- for key in keys %}
            {{ key }},
            {%- endfor %}
            order_line_id as sale_line_id,
            order_id,
            time_number,
            is_returned_itself,
            cast(amount as decimal(18, 3)) as amount_left,
            cast(0 as bigint) as return_number,
            cast(null as bigint) as return_line_id,
            cast(0 as decimal(18, 3)) as amount
        from {{ lines }}
        where not is_return

        union all

        select
            {%- for column in columns %}
            {{ column }},
            {%- endfor %}
            cast(amount_left - amount as decimal(18, 3)) as amount_left,
            return_number,
            return_line_id,
            cast(amount as decimal(18, 3)) as amount
        from (
            select
                *,
                greatest(0, least(amount_offered, amount_returned - coalesce(
                    sum(amount_offered) over (
                        partition by {{ keys | join(', ') }}
                        order by is_other_order, time_number
                        rows between unbounded preceding and 1 preceding
                    ), 0
                ))) as amount
            from (
                select
                    {%- for column in columns %}
                    steps.{{ column }},
                    {%- endfor %}
                    steps.amount_left,
                    returns.return_number,
                    returns.order_line_id as return_line_id,
                    returns.amount as amount_returned,
                    steps.order_id <> returns.order_id as is_other_order,
                    case
                        when steps.time_number > returns.time_number
                            or (steps.is_returned_itself and steps.order_id <> returns.order_id)
                            then 0
                        else steps.amount_left
                    end as amount_offered
                from steps
                inner join returns
                    on steps.return_number + 1 = returns.return_number
                    {%- for key in keys %}
                    and steps.{{ key }} = returns.{{ key }}
                    {%- endfor %}
                where steps.amount_left > 0
            ) as offers
        ) as taken

    )

    select
        sale_line_id,
        return_line_id,
        amount
    from steps
    where amount > 0
{%- endmacro -%}


{#  On Spark, which allows no running sum in a recursion, a fold over the group's lines.  #}
{%- macro spark__match_return_by_return(lines, keys) -%}
    {%- set money = 'decimal(18, 3)' -%}
    {%- set sale -%}
        struct<time_number: bigint, order_id: string, order_line_id: bigint, is_returned_itself: boolean, amount: {{ money }}>
    {%- endset -%}
    {%- set match = 'struct<sale_line_id: bigint, return_line_id: bigint, amount: ' ~ money ~ '>' -%}
    {%- set taken -%}
        case
            when sale.time_number > return_line.time_number
                or (sale.is_returned_itself and sale.order_id <> return_line.order_id)
                then cast(0 as {{ money }})
            else cast(least(sale.amount, taking.needed) as {{ money }})
        end
    {%- endset -%}
    select
        found.sale_line_id,
        found.return_line_id,
        found.amount
    from (
        select
            explode(aggregate(
                return_lines,
                named_struct('sales', sales, 'matches', cast(array() as array<{{ match }}>)),
                (state, return_line) -> aggregate(
                    concat(
                        filter(state.sales, sale -> sale.order_id = return_line.order_id),
                        filter(state.sales, sale -> sale.order_id <> return_line.order_id)
                    ),
                    named_struct(
                        'needed', return_line.amount,
                        'sales', cast(array() as array<{{ sale }}>),
                        'matches', state.matches
                    ),
                    (taking, sale) -> named_struct(
                        'needed', cast(taking.needed - {{ taken }} as {{ money }}),
                        'sales', concat(taking.sales, array(named_struct(
                            'time_number', sale.time_number,
                            'order_id', sale.order_id,
                            'order_line_id', sale.order_line_id,
                            'is_returned_itself', sale.is_returned_itself,
                            'amount', cast(sale.amount - {{ taken }} as {{ money }})
                        ))),
                        'matches', concat(taking.matches, filter(array(named_struct(
                            'sale_line_id', sale.order_line_id,
                            'return_line_id', return_line.order_line_id,
                            'amount', {{ taken }}
                        )), one -> one.amount > 0))
                    ),
                    taking -> named_struct(
                        'sales', sort_array(taking.sales), 'matches', taking.matches
                    )
                ),
                state -> state.matches
            )) as found
        from (
            select
                sort_array(
                    collect_list(
                        cast(struct(
                            time_number, order_id, order_line_id, is_returned_itself, amount
                        ) as {{ sale }})
                    ) filter (where not is_return)
                ) as sales,
                sort_array(
                    collect_list(struct(
                        cast(time_number as bigint) as time_number,
                        order_line_id,
                        order_id,
                        cast(amount as {{ money }}) as amount
                    )) filter (where is_return)
                ) as return_lines
            from {{ lines }}
            group by {{ keys | join(', ') }}
        ) as grouped
    ) as matched
{%- endmacro -%}
