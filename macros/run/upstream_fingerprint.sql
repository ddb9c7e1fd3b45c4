{#
    What an incremental model takes for all its rows, as one expression: where any of it
    has changed, rows that no order line affected would be others, so all are rebuilt
    (macro should_full_refresh). A table that the model reads, and an aggregate
    that shows whether it changed.

    config: {meta: {upstream_fingerprint: {fct_orders: min(ordered_at)}}}
        ->  concat_ws(' | ', '', (select cast(min(ordered_at) as string) from …))
#}
{%- macro upstream_fingerprint() -%}
    concat_ws(
        ' | ',
        ''
        {%- for name, reported in whole_table().config.get('meta', {}).get('upstream_fingerprint', {}).items() -%}
        , (
            select cast({{ reported }} as string)
            from {{ graph.nodes['model.' ~ project_name ~ '.' ~ name].relation_name }}
        )
        {%- endfor %}
    )
{%- endmacro -%}


{#  Whether what the model was made with has changed since.  #}
{%- macro has_other_upstream() -%}
    {%- set table = whole_table() -%}
    {%- if not table.config.get('meta', {}).get('upstream_fingerprint') -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set now = run_query('select ' ~ upstream_fingerprint()).columns[0].values()[0] -%}
    {{- return(noted(table.name, 'upstream_fingerprint') != now) -}}
{%- endmacro -%}


{#  One column of what is noted of a model in the present full refresh; none where nothing is.  #}
{%- macro noted(name, column) -%}
    {%- if not execute or not has_plan() -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set question -%}
        select watermarks.{{ column }}
        from main.watermarks
        inner join main.current_run
            on watermarks.full_refresh_id = current_run.full_refresh_id
        where watermarks.model = '{{ name }}'
    {%- endset -%}
    {{- return((run_query(question).columns[0].values() | list + [none])[0]) -}}
{%- endmacro -%}
