{#
    The order lines that a run validates, and what the input refunds gives back, as
    lines of their own (int_refund_lines): all, or those that an adding run must
    check. A CTE that is used twice is held whole, so for all lines there is
    none; the few of an adding run are held, and searched once.

    select * from {{ order_lines_to_validate() }}
#}
{%- macro order_lines_to_validate() -%}
    {#- While parsing dbt must see both. -#}
    {%- if is_incremental() or not execute -%}
        {{- ref('int_order_lines_to_validate') -}}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{- lines_and_refunds() -}}
    {%- endif -%}
{%- endmacro -%}


{#
    Every order line of the files and every refund, with what a refund has beyond a line: the
    input, when its order was placed, whether it gives back money alone, and the file that has
    the same row again.
#}
{%- macro lines_and_refunds() -%}
    {%- set columns = ['source_file', 'source_row'] + var('input_contract')['order_lines'] | list
        + adapter_fact('inputs').get('order_lines', []) + ['source_fault'] -%}
    (
        select
            {{ columns | join(',\n            ') }},
            'order_lines' as input,
            ordered_at as priced_at,
            false as is_money_refund,
            cast(null as string) as repeated_in
        from {{ conformed('order_lines') }}
        {%- if has_input('refunds') or not execute %}

        union all

        select
            {{ columns | join(',\n            ') }},
            'refunds' as input,
            priced_at,
            is_money_refund,
            repeated_in
        from {{ ref('int_refund_lines') }}
        {%- endif %}
    )
{%- endmacro -%}
