{#
    The ids of the tables that a model reads. For an ephemeral model, which is
    no table, those that it reads itself.

    basket_thresholds reads basket_item_counts and basket_groups, and that basket_orders
        ->  [model.targeted_lists.basket_item_counts, model.targeted_lists.basket_orders]
#}
{%- macro tables_read(node) -%}
    {%- set found = [] -%}
    {%- for id in node.depends_on.nodes -%}
        {%- if id in graph.nodes and graph.nodes[id].config.materialized == 'ephemeral' -%}
            {%- do found.extend(tables_read(graph.nodes[id])) -%}
        {%- else -%}
            {%- do found.append(id) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro -%}
