{#
    The on-run-end hook: passes what ran, and what there is to run, to
    targeted_lists/runs/run_end.py, which publishes the marts or says why not.
#}
{%- macro end_run() -%}
    {{- adapter.dispatch('end_run')() -}}
{%- endmacro -%}


{#  In an engine that publishes nothing itself.  #}
{%- macro default__end_run() -%}
{%- endmacro -%}


{#  In DuckDB.  #}
{%- macro duckdb__end_run() -%}
    {#- Without results the start hook has stopped the run, and said why. -#}
    {%- if execute and results -%}
        {%- set nodes = [] -%}
        {%- set own = dataset_rows()['checksums'] -%}
        {%- for node in graph.nodes.values()
            if node.config.enabled and node.config.materialized != 'ephemeral' -%}
            {%- do nodes.append({
                'unique_id': node.unique_id,
                'resource_type': node.resource_type,
                'checksum': node.checksum.checksum ~ (own.get(node.name, '') if node.resource_type == 'seed' else ''),
                'folders': node.fqn[1:-1],
                'language': node.language | default('sql'),
                'schema': node.schema,
                'name': node.alias,
                'is_saved': node.config.get('meta', {}).get('is_saved', false),
                'is_past_frozen': node.config.get('meta', {}).get('is_past_frozen', false),
            }) -%}
        {%- endfor -%}
        {%- set statuses = {} -%}
        {%- for result in results -%}
            {%- do statuses.update({result.node.unique_id: result.status | string}) -%}
        {%- endfor -%}
        {#- A day among the vars, as YAML reads one, is no JSON. -#}
        {%- set arguments = {} -%}
        {%- for name, value in invocation_args_dict.items() if name != 'vars' -%}
            {%- do arguments.update({name: value}) -%}
        {%- endfor -%}
        {%- set request = {
            'command': flags.WHICH,
            'arguments': arguments,
            'nodes': nodes,
            'statuses': statuses,
            'database': target.database,
            'dataset': var('dataset'),
            'language': var('language', 'en'),
            'time_zone': describe_inputs()['settings']['time_zone'],
            'tax_basis': var('tax_basis', 'as written'),
            'small_cell': var('small_cell'),
            'dbt_version': dbt_version,
        } -%}
        {%- set call -%} select end_run({{ string_literal(tojson(request)) }}) {%- endset -%}
        {#- The thread that calls the function waits for it: on two, the marts would be
            copied by one. Threads cannot be changed from within a query. -#}
        {%- set requested = run_query("select current_setting('threads') as threads") -%}
        {%- set threads = requested.columns[0].values()[0] | int -%}
        {%- do run_query('set threads = ' ~ (threads + 1)) -%}
        {%- set outcome = fromjson(run_query(call).columns[0].values()[0]) -%}
        {%- do run_query('set threads = ' ~ threads) -%}
        {%- if outcome['is_error'] -%}
            select error({{ string_literal(outcome['message']) }})
        {%- else -%}
            {%- do log(outcome['message'], info=true) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
