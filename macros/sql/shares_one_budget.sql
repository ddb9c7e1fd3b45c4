{#
    Whether the lists share one budget (var allocation: budget), under which each customer gets the
    list, offer and channel that bring most in all; else each list takes its own, in order of
    priority.
#}
{%- macro shares_one_budget() -%}
    {%- set allocation, total = var('allocation'), var('total_budget') -%}
    {%- if allocation not in ['priority', 'budget'] -%}
        {{ exceptions.raise_compiler_error(
            "the var allocation is priority or budget, not " ~ allocation
        ) }}
    {%- elif total is not none and (total is not number or total is boolean or not total >= 0) -%}
        {{ exceptions.raise_compiler_error(
            "the var total_budget is an amount from 0 on, not " ~ total
        ) }}
    {%- elif total is not none and allocation != 'budget' -%}
        {{ exceptions.raise_compiler_error(
            "the var total_budget needs the var allocation: budget"
        ) }}
    {%- endif -%}
    {{- return(allocation == 'budget') -}}
{%- endmacro -%}
