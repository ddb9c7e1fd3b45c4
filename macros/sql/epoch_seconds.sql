{#
    Seconds since 1970-01-01 of a timestamp, as a whole number.

    epoch_seconds('ordered_at')  ->  1291191960
#}
{%- macro epoch_seconds(timestamp) -%}
    {{- dbt.datediff("cast('1970-01-01' as timestamp)", timestamp, 'second') -}}
{%- endmacro -%}
