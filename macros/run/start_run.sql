{#
    The on-run-start hook: stops on inputs that cannot be read, before anything
    is built, fixes what a killed run or export left, finds out who asked to be erased
    and removes them from the state, plans what is rebuilt, and drops those steps
    of the last whole build that this command begins again. What a run writes down
    at its end: targeted_lists/runs/run_end.py.

    It has no statement of its own: one that fails would let dbt skip the nodes, and
    skipping an exposure breaks it (dbt 1.11: no attribute 'schema'), which hides the
    fault. An error that is raised here is the sentence that the run ends with.
#}
{%- macro start_run() -%}
    {{- adapter.dispatch('start_run')() -}}
{%- endmacro -%}


{#  In an engine that has none of this.  #}
{%- macro default__start_run() -%}
{%- endmacro -%}


{#  In DuckDB, by the functions of targeted_lists/runs/dbt_plugin.py.  #}
{%- macro duckdb__start_run() -%}
    {%- if execute -%}
        {%- set fault = check_inputs() if flags.WHICH in ('build', 'run')
            else dataset_rows()['error'] if flags.WHICH == 'seed' -%}
        {%- if fault -%}
            {%- do exceptions.raise_compiler_error(fault) -%}
        {%- endif -%}
        {%- if flags.WHICH in ('build', 'seed') -%} {%- do call_step('check_seeds()') -%} {%- endif -%}
        {%- do call_step("start_state(" ~ string_literal(var('dataset')) ~ ")") -%}
        {%- if flags.WHICH in ('build', 'run') -%} {{ leave_out_erased() }} {%- endif -%}
        {%- if flags.WHICH in ('build', 'run', 'seed') -%} {{ plan_run() }} {%- endif -%}
        {%- do run_query(
            'create table if not exists main.run_state (step varchar, fingerprint varchar)'
        ) -%}
        {%- if flags.WHICH in ('build', 'seed') -%}
            {%- do run_query('delete from main.run_state') -%}
        {%- elif flags.WHICH in ('run', 'snapshot') -%}
            {%- do run_query("delete from main.run_state where step = 'models'") -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}


{#
    Calls a function of targeted_lists/runs/dbt_plugin.py that returns JSON of `message` and
    `is_error`: an error ends the run with that sentence, another message is logged.
#}
{%- macro call_step(call) -%}
    {%- set outcome = fromjson(run_query('select ' ~ call).columns[0].values()[0]) -%}
    {%- if outcome['is_error'] -%}
        {%- do exceptions.raise_compiler_error(outcome['message']) -%}
    {%- elif outcome['message'] -%}
        {%- do log(outcome['message'], info=true) -%}
    {%- endif -%}
{%- endmacro -%}
