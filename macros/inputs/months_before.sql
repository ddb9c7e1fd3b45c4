{#
    The start of the month a number of whole months before the as-of date, 0
    being the last one, for files without dates. Without the var `as_of_date`
    they end with the var `undated_files_end`.

    months_before('0')   as of 2024-01-01  ->  2023-12-01
#}
{%- macro months_before(months) -%}
    ({{ undated_as_of() }} - interval '1 month' * (1 + {{ months }}))
{%- endmacro -%}


{%- macro undated_as_of() -%}
    cast({{ string_literal(var('as_of_date', var('undated_files_end')) | string) }} as timestamp)
{%- endmacro -%}
