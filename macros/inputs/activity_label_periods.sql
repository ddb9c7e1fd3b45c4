{#
    In how many of the last periods a customer must have spent for a given label to
    train: the var `activity_label_periods`, else the three months that one_click
    knows, else none, since few customers of a common shop buy in every period.

    activity_label_periods()  ->  3
#}
{%- macro activity_label_periods() -%}
    {{- return(
        var('activity_label_periods', 3 if dataset_adapter() == 'one_click' else 0) | int
    ) -}}
{%- endmacro -%}
