{#
    Replaces dbt's macro of this name: the rows that a generic test looks at. Of a
    model with `meta: {untested: {key: …}}` these are the rows that are untested
    (macro untested) unless it was built anew, of a fitted table none where it stands as it
    was tested, of every other model all.

    config: {meta: {untested: {key: order_id}}}
        ->  (select * from core.fct_orders where order_id in (…)) as untested_rows
#}
{%- macro get_where_subquery(relation) -%}
    {%- set tested = graph.nodes.get(model.attached_node) if execute -%}
    {%- set limit = tested.config.meta.get('untested') if tested -%}
    {%- set conditions = [
        config.get('where', ''),
        untested(**limit) if limit and not is_built_anew(tested.name) else '',
        'false' if tested and is_tested_as_fitted(tested.name) else '',
    ] | select -%}
    {%- set where = conditions | join(' and ') -%}
    {%- if where -%}
        {%- do return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as untested_rows') -%}
    {%- endif -%}
    {%- do return(relation) -%}
{%- endmacro -%}


{#  Whether a model was built anew since every test passed.  #}
{%- macro is_built_anew(name) -%}
    {%- set tested = known_run('tests') -%}
    {%- set anew = noted(name, 'anew_in_run') if tested is not none else none -%}
    {{- return(anew is not none and anew > tested) -}}
{%- endmacro -%}
