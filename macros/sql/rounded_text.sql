{#
    A number in words for a reason: whole from ten up, else with one decimal.

    84.3  ->  84      2.25  ->  2.3      unknown  ->  unknown
#}
{%- macro rounded_text(column) -%}
    case
        when {{ column }} is null or isnan({{ column }}) then {{ text('unknown') }}
        when abs({{ column }}) >= 9.95
            then cast(cast(round({{ column }}) as bigint) as string)
        else cast(cast({{ column }} as decimal(18, 1)) as string)
    end
{%- endmacro -%}
