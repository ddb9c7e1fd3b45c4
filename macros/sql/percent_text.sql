{#
    A share in words for a reason, as whole per cent.

    0.4149  ->  41 %      0.004  ->  under 1 %
#}
{%- macro percent_text(column) -%}
    case
        when {{ column }} < 0.01 then {{ text('under 1 %') }}
        else cast(cast(round(100 * {{ column }}) as integer) as string) || ' %'
    end
{%- endmacro -%}
