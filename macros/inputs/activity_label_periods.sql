{#
    In how many of the last periods a customer must have spent for a given label to
    train: the var `activity_label_periods`, else those of
    the adapter's files, mostly none, since in most shops few customers buy in
    every period.

    activity_label_periods()  ->  3
#}
{%- macro activity_label_periods() -%}
    {{- return(var('activity_label_periods', adapter_fact('label_periods')) | int) -}}
{%- endmacro -%}
