{#
    Replaces dbt's macro of this name: the rows that a generic test checks. Of a model
    with `meta: {changed_since_test: {key: …}}` these are the rows that have changed
    since their last test (macro changed_since_test) unless it was rebuilt, of a fitted
    table none where it stands as it was tested, of every other model all.

    config: {meta: {changed_since_test: {key: order_id}}}
        ->  (select * from core.fct_orders where order_id in (…)) as rows_changed_since_test
#}
{%- macro get_where_subquery(relation) -%}
    {%- set tested = graph.nodes.get(model.attached_node) if execute -%}
    {%- set limit = tested.config.meta.get('changed_since_test') if tested -%}
    {%- set conditions = [
        config.get('where', ''),
        changed_since_test(**limit) if limit and not is_rebuilt(tested.name) else '',
        'false' if tested and is_reused_and_tested(tested.name) else '',
    ] | select -%}
    {%- set where = conditions | join(' and ') -%}
    {%- if where -%}
        {%- do return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as rows_changed_since_test') -%}
    {%- endif -%}
    {%- do return(relation) -%}
{%- endmacro -%}


{#  Whether a model was rebuilt since every test passed.  #}
{%- macro is_rebuilt(name) -%}
    {%- set tested = watermark('tests') -%}
    {%- set rebuilt = noted(name, 'rebuilt_in_run') if tested is not none else none -%}
    {{- return(rebuilt is not none and rebuilt > tested) -}}
{%- endmacro -%}
