{#
    A number in words for a reason: whole from ten up, else with one decimal, and that only
    where it is not zero. Null stays null, so that no sentence is composed of what is unknown.

    84.3  ->  84      2.25  ->  2.3      4.0  ->  4
#}
{%- macro rounded_text(column) -%}
    case
        when isnan({{ column }}) then null
        when abs({{ column }}) >= 9.95
            then cast(cast(round({{ column }}) as bigint) as string)
        else regexp_replace(cast(cast({{ column }} as decimal(18, 1)) as string), '[.]0$', '')
    end
{%- endmacro -%}
