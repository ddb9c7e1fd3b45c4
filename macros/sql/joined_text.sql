{#
    The texts of a group joined into one, in order: an aggregate, behind which a FILTER may
    stand.

    joined_text('word', ', ', 'place')  ->  string_agg(word, ', ' order by place)
#}
{%- macro joined_text(value, separator, order_by, is_distinct=false) -%}
    {{- adapter.dispatch('joined_text', 'targeted_lists')(value, separator, order_by, is_distinct) -}}
{%- endmacro -%}


{%- macro default__joined_text(value, separator, order_by, is_distinct) -%}
    string_agg({{ 'distinct ' if is_distinct }}{{ value }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro -%}


{%- macro spark__joined_text(value, separator, order_by, is_distinct) -%}
    listagg({{ 'distinct ' if is_distinct }}{{ value }}, '{{ separator }}')
    within group (order by {{ order_by }})
{%- endmacro -%}
