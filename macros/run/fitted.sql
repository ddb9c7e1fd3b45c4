{#
    A table of what is mined or fitted from all customers: left as the last whole run made
    it where the var that `meta: {fit_var: …}` names is `kept`, else built like any other table.
    It is built all the same where what stands is of an older generation, was made by other
    code or vars (targeted_lists/increments.py), or rests on a fitted table made after it.

    config: {materialized: fitted, meta: {fit_var: basket_fit}}
#}
{%- materialization fitted, adapter='duckdb', supported_languages=['sql', 'python'] -%}
    {%- if is_left_as_fitted() -%}
        {%- call noop_statement('main', 'LEFT AS FITTED') -%}{%- endcall -%}
        {{- return({'relations': [load_cached_relation(this)]}) -}}
    {%- endif -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{- run_hooks(pre_hooks) -}}
    {%- set written = begin_replacing(target_relation) -%}
    {%- call statement('main', language=model['language']) -%}
        {{- create_in_place(written, compiled_code) -}}
    {%- endcall -%}
    {%- do end_replacing(target_relation, written) -%}
    {{- run_hooks(post_hooks) -}}
    {%- do persist_docs(target_relation, model) -%}
    {%- do run_query(record_watermark()) -%}
    {%- do adapter.commit() -%}
    {{- return({'relations': [target_relation]}) -}}
{%- endmaterialization -%}


{#  Whether this run leaves the model as an earlier one made it.  #}
{%- macro is_left_as_fitted() -%}
    {%- if flags.FULL_REFRESH or not is_seeing_rows() or not has_plan()
        or var(config.get('meta')['fit_var'], 'new') != 'kept'
        or load_cached_relation(this) is none -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set fitted_parents = [] -%}
    {%- for id in model.depends_on.nodes
        if id in graph.nodes and graph.nodes[id].config.materialized == 'fitted' -%}
        {%- do fitted_parents.append(graph.nodes[id].alias) -%}
    {%- endfor -%}
    {%- set question -%}
        select count(*)
        from main.increments as own
        inner join main.run_plan
            on own.full_refresh_id = run_plan.full_refresh_id
            and own.fit_code = run_plan.fit_code
        where own.model = '{{ this.identifier }}'
            and own.run_number >= (
                select coalesce(max(parents.run_number), 0)
                from main.increments as parents
                where parents.model in ('{{ fitted_parents | join("', '") }}')
            )
    {%- endset -%}
    {{- return(run_query(question).columns[0].values()[0] > 0) -}}
{%- endmacro -%}


{#
    Whether a fitted table stands from an earlier run and passed its tests then. What it was
    made of has moved on since: an order that it names may be gone.
#}
{%- macro is_tested_as_fitted(name) -%}
    {%- set node = graph.nodes.get('model.' ~ project_name ~ '.' ~ name) if execute -%}
    {%- if not node or node.config.materialized != 'fitted' -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set tested = watermark('tests') -%}
    {%- set fitted = watermark(name) -%}
    {{- return(
        tested is not none and fitted is not none
        and fitted <= tested and fitted < run_number()
    ) -}}
{%- endmacro -%}
