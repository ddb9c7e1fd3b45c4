{#
    The moment as of which every feature is taken: the var `as_of_date`, else by
    the data. Only facts before it count.

    where ordered_at < {{ as_of_date() }}
#}
{%- macro as_of_date() -%}
    {%- if var('as_of_date', none) -%}
        cast({{ string_literal(var('as_of_date') | string) }} as timestamp)
    {%- else -%}
        (select as_of_date from {{ ref('int_as_of_date') }})
    {%- endif -%}
{%- endmacro -%}
