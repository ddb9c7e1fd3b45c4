{#
    The run up to which a model has processed its parents; of several models the
    earliest. None where none of them was built in the present full refresh, and where
    this run is to see no rows.

    watermark('fct_orders')  ->  41
#}
{%- macro watermark(models) -%}
    {%- set names = [models] if models is string else models -%}
    {%- if not execute or not is_seeing_rows() or not has_plan() -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set question -%}
        select min(watermarks.run_number)
        from main.watermarks
        inner join main.current_run
            on watermarks.full_refresh_id = current_run.full_refresh_id
        where watermarks.model in ('{{ names | join("', '") }}')
        having count(*) > 0
    {%- endset -%}
    {{- return((run_query(question).columns[0].values() | list + [none])[0]) -}}
{%- endmacro -%}


{#  Whether this run reads rows; with --empty or --sample it builds what is not whole.  #}
{%- macro is_seeing_rows() -%}
    {{- return(not (invocation_args_dict.get('empty') or invocation_args_dict.get('sample'))) -}}
{%- endmacro -%}


{#
    Whether a run was ever planned in this database. Without a plan nothing is noted and every
    table is built whole: so it is in an engine without its own implementation.
#}
{%- macro has_plan() -%}
    {{- return(adapter.dispatch('has_plan')()) -}}
{%- endmacro -%}


{#  In an engine that keeps no plan.  #}
{%- macro default__has_plan() -%}
    {{- return(false) -}}
{%- endmacro -%}


{#  In DuckDB, whose working database has the plan.  #}
{%- macro duckdb__has_plan() -%}
    {%- set question -%}
        select count(*)
        from duckdb_tables()
        where database_name = '{{ target.database }}'
            and schema_name = 'main'
            and table_name = 'current_run'
    {%- endset -%}
    {{- return(run_query(question).columns[0].values()[0] > 0) -}}
{%- endmacro -%}


{#  The number of this run, stored on the rows that it writes.  #}
{%- macro run_number() -%}
    {%- if execute and has_plan() -%}
        {{- return(run_query('select run_number from main.current_run').columns[0].values()[0]) -}}
    {%- endif -%}
    {{- return(0) -}}
{%- endmacro -%}
