{#
    A table of what is mined or fitted from all customers: left as the last whole run
    made it where the var reuse_models says so for its mart (`meta: {reuse: …}`), else
    built like any other table. It is built anyway where the existing table is
    from an older full refresh, was made by other code or vars
    (targeted_lists/runs/increments.py), or depends on a reusable table made
    after it.

    config: {materialized: reusable, meta: {reuse: basket}}
#}
{%- materialization reusable, adapter='duckdb', supported_languages=['sql', 'python'] -%}
    {%- if is_reused() -%}
        {%- call noop_statement('main', 'REUSED') -%}{%- endcall -%}
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
{%- macro is_reused() -%}
    {%- if flags.FULL_REFRESH or not is_seeing_rows() or not has_plan()
        or not reuses_models(config.get('meta')['reuse'])
        or load_cached_relation(this) is none -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set reusable_parents = [] -%}
    {%- for id in tables_read(model)
        if id in graph.nodes and graph.nodes[id].config.materialized == 'reusable' -%}
        {%- do reusable_parents.append(graph.nodes[id].alias) -%}
    {%- endfor -%}
    {%- set question -%}
        select count(*)
        from main.watermarks as own
        inner join main.current_run
            on own.full_refresh_id = current_run.full_refresh_id
            and own.fit_code = current_run.fit_code
        where own.model = '{{ this.identifier }}'
            and own.run_number >= (
                select coalesce(max(parents.run_number), 0)
                from main.watermarks as parents
                where parents.model in ('{{ reusable_parents | join("', '") }}')
            )
    {%- endset -%}
    {{- return(run_query(question).columns[0].values()[0] > 0) -}}
{%- endmacro -%}


{#
    Whether a reusable table stands from an earlier run and passed its tests then. What it was
    made of has moved on since: an order that it names may be gone.
#}
{%- macro is_reused_and_tested(name) -%}
    {%- set node = graph.nodes.get('model.' ~ project_name ~ '.' ~ name) if execute -%}
    {%- if not node or node.config.materialized != 'reusable' -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set tested = watermark('tests') -%}
    {%- set fitted = noted(name, 'rebuilt_in_run') -%}
    {{- return(
        tested is not none and fitted is not none
        and fitted <= tested and fitted < run_number()
    ) -}}
{%- endmacro -%}


{#
    What the var reuse_models says for one mart: true, false or only.

    reuse_models: true                     all marts
    reuse_models: {basket: true}           that mart alone; false where it is not named
#}
{%- macro reuses_models(mart) -%}
    {%- set said = var('reuse_models', false) -%}
    {{- return(said.get(mart, false) if said is mapping else said) -}}
{%- endmacro -%}
