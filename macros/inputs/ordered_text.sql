{#
    A cleaned column of order lines; the time of an order with the clock that stands in
    a column of its own (ordered_time), where a file has one.

    ordered_text('ordered_at', settings, extras)
    2026-03-01, 09:15   ->  2026-03-01 09:15
#}
{%- macro ordered_text(column, settings, extras) -%}
    {%- if column == 'ordered_at' and 'ordered_time' in extras -%}
        {#- A workbook's day has a midnight. -#}
        regexp_replace({{ clean_text('ordered_at', settings) }}, ' 00:00(:00)?$', '')
        || coalesce(' ' || {{ clean_text('ordered_time', settings) }}, '')
    {%- else -%}
        {{ clean_text(column, settings) }}
    {%- endif -%}
{%- endmacro -%}
