{#
    The texts of a group joined into one, in order: an aggregate, behind which a FILTER may
    stand. Distinct ones are in the order of their own, without a FILTER.

    joined_text('word', ', ', 'place')  ->  string_agg(word, ', ' order by place)
#}
{%- macro joined_text(value, separator, order_by, is_distinct=false) -%}
    {{- adapter.dispatch('joined_text', 'targeted_lists')(value, separator, order_by, is_distinct) -}}
{%- endmacro -%}


{%- macro default__joined_text(value, separator, order_by, is_distinct) -%}
    string_agg({{ 'distinct ' if is_distinct }}{{ value }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro -%}


{%- macro spark__joined_text(value, separator, order_by, is_distinct) -%}
    {%- if is_distinct %}
    array_join(array_sort(collect_set({{ value }})), '{{ separator }}')
    {%- else %}
    listagg({{ value }}, '{{ separator }}') within group (order by {{ order_by }})
    {%- endif %}
{%- endmacro -%}
