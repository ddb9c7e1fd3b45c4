{#
    A sentence where a cleaned text stands in `<column>_text` but its cast is
    null. A contact that slipped into the column is not repeated.

    cast_fault('quantity', 'number, required')  ->  quantity "abc" is not a number
#}
{%- macro cast_fault(column, kind) -%}
    {%- set noun = {
        'integer': 'whole number',
        'timestamp': 'date',
        'boolean': 'yes or no',
    }.get(kind.split(',')[0], 'number') -%}
    case
        when {{ column }} is null and {{ column }}_text is not null
            then '{{ column }} ' || {{ shown_text(column ~ '_text') }}
                || ' is not a {{ noun }}'
    end
{%- endmacro -%}
