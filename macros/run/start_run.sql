{#
    The on-run-start hook: stops on inputs that cannot be read, before anything
    is built, plans what is built anew, and forgets those steps of the last whole build
    that this command begins anew. Customers who asked to be erased leave the state
    before anything is built from it. What a run writes down at its end:
    targeted_lists/run_end.py.
#}
{%- macro start_run() -%}
    {%- if execute -%}
        {%- set fault = check_inputs() if flags.WHICH in ('build', 'run') -%}
        {%- if fault -%}
            {#- A statement that fails would let dbt skip the nodes, and skipping an
                exposure breaks it (dbt 1.11: no attribute 'schema'). -#}
            {%- do exceptions.raise_compiler_error(fault) -%}
        {%- else -%}
            {%- if flags.WHICH in ('build', 'run', 'seed') -%} {{ plan_run() }} {%- endif %}
            create table if not exists main.run_state (
                step varchar,
                fingerprint varchar
            );
            {%- if flags.WHICH in ('build', 'seed') %}
            delete from main.run_state;
            {%- elif flags.WHICH in ('run', 'snapshot') %}
            delete from main.run_state where step = 'models';
            {%- endif -%}
            {%- if flags.WHICH in ('build', 'run') %}
            {{ forget_erased() }}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
