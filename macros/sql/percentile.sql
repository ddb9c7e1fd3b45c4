{#
    The value below which a share of the rows lies, interpolated.

    percentile('monetary', 0.95)
#}
{%- macro percentile(column, share) -%}
    percentile_cont({{ share }}) within group (order by {{ column }})
{%- endmacro -%}
