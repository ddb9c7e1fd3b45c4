{#
    A sentence where `<column>_text` has a cleaned text, or the column `found` a
    value, but its cast is null. A contact that slipped into the column is not
    repeated.

    cast_fault('quantity', 'number, required')  ->  quantity "abc" is not a number
#}
{%- macro cast_fault(column, kind, found=none) -%}
    {%- set found = found or column ~ '_text' -%}
    {%- set type = kind.split(',')[0] -%}
    {%- set named = {
        'column': string_literal(column),
        'value': shown_text('cast(' ~ found ~ ' as string)'),
    } -%}
    case
        when {{ column }} is null and {{ found }} is not null
            {%- if type == 'integer' %}
            then {{ text('{column} {value} is not a whole number', **named) }}
            {%- elif type == 'timestamp' %}
            then {{ text('{column} {value} is not a date', **named) }}
            {%- elif type == 'boolean' %}
            then {{ text('{column} {value} is not a yes or no', **named) }}
            {%- else %}
            then {{ text('{column} {value} is not a number', **named) }}
            {%- endif %}
    end
{%- endmacro -%}
