{#
    Rows in which what belongs to an order as a whole and stands on its first line
    alone is on each of its lines. `fields` are those columns; each column is there
    as `<column>_found`.

    filled_orders('cleaned', columns, ['currency'])

    order_id  currency         order_id  currency
    1001      EUR         ->   1001      EUR
    1001                       1001      EUR
#}
{%- macro filled_orders(relation, columns, fields) -%}
    select
        *
        {%- set filled = fields | select('in', columns) | list %}
        {%- if filled %}
        replace (
            {%- for column in filled %}
            coalesce(
                {{ column }}_found,
                first_value({{ column }}_found ignore nulls) over (
                    partition by source_file, order_id_found order by source_row
                    rows between unbounded preceding and unbounded following
                )
            ) as {{ column }}_found{{ ',' if not loop.last }}
            {%- endfor %}
        )
        {%- endif %}
    from {{ relation }}
{%- endmacro -%}
