{#
    A sentence where a raw text stands in `<column>_text` but its cast is null.

    cast_fault('quantity', 'number')  ->  quantity "abc" is not a number
#}
{%- macro cast_fault(column, noun) -%}
    case
        when {{ column }} is null and trim({{ column }}_text) <> ''
            then '{{ column }} "' || left(trim({{ column }}_text), 40)
                || '" is not a {{ noun }}'
    end
{%- endmacro -%}
