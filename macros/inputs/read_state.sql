{#
    What earlier runs saved of a table (state/DATASET/TABLE/DAY.parquet): the
    requested columns, null where an earlier version did not record one, and
    `saved_date`, the as-of date of the run. No rows where nothing was saved.

    read_state('list_runs', {'list_name': 'string', 'members': 'bigint'}, last_days())

    `days` is a query over `saved`, the days that there are (`saved_date`); only their files are
    read.
#}
{%- macro read_state(table, columns, days) -%}
    {%- set lineage = source('state', table) -%}
    {%- set folder = state_folder() ~ '/' ~ table -%}
    {%- set files = [] -%}
    {%- for day in saved_days(folder, days) -%}
        {%- do files.append(string_literal(folder ~ '/' ~ day ~ '.parquet')) -%}
    {%- endfor -%}
    {{- rows_of_files(files, columns, "cast(parse_filename(filename, true) as date) as saved_date") -}}
{%- endmacro -%}


{#
    The same of the folders of exported campaigns: state/DATASET/campaigns/CAMPAIGN/NAME.parquet.

    read_exported('assignments', {'campaign_id': 'string', 'customer_id': 'string'})
#}
{%- macro read_exported(name, columns) -%}
    {%- set lineage = source('state', name) -%}
    {%- set pattern = state_folder() ~ '/campaigns/*/' ~ name ~ '.parquet' -%}
    {%- set files = [] -%}
    {%- if is_state_read() -%}
        {#- A folder that begins with a dot is a draft. -#}
        {%- set found = run_query(
            'select file from glob(' ~ string_literal(pattern) ~ ") where file not like '%/.%' order by all"
        ) -%}
        {%- for file in found.columns[0].values() -%}
            {%- do files.append(string_literal(file)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- rows_of_files(files, columns) -}}
{%- endmacro -%}


{%- macro rows_of_files(files, columns, saved_date=none) -%}
    select
        {%- if saved_date %}
        saved_date,
        {%- endif %}
        {%- for column, type in columns.items() %}
        cast({{ column }} as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {%- if saved_date %}
            cast(null as date) as saved_date,
            {%- endif %}
            {%- for column, type in columns.items() %}
            cast(null as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        where false
        {%- if files %}

        union all by name

        select
            {%- if saved_date %}
            {{ saved_date }},
            {%- endif %}
            * exclude (filename)
        from read_parquet([{{ files | join(', ') }}], filename = true, union_by_name = true)
        {%- endif %}
    )
{%- endmacro -%}


{#
    Whether saved state is read: by a run that reads rows, in DuckDB. Elsewhere there is none;
    what looks back at earlier runs is built in DuckDB.
#}
{%- macro is_state_read() -%}
    {{- return(execute and is_seeing_rows() and target.type == 'duckdb') -}}
{%- endmacro -%}


{%- macro state_folder() -%}
    state/{{ var('dataset') }}
{%- endmacro -%}


{#  The days that a query chooses among those with a file in the folder.  #}
{%- macro saved_days(folder, days) -%}
    {%- set as_of_date = ref('int_as_of_date') -%}
    {%- if not is_state_read() or load_relation(as_of_date) is none -%}
        {{- return([]) -}}
    {%- endif -%}
    {%- set question -%}
        with saved as (
            select cast(parse_filename(file, true) as date) as saved_date
            from glob({{ string_literal(folder ~ '/*.parquet') }})
        )
        select distinct cast(saved_date as string)
        from ({{ days }})
        where saved_date is not null
        order by all
    {%- endset -%}
    {{- return(run_query(question).columns[0].values()) -}}
{%- endmacro -%}


{#  The last day before the as-of date that something was saved, and the as-of date itself.  #}
{%- macro last_days() -%}
    select saved_date
    from saved
    inner join {{ ref('int_as_of_date') }} as today
        on saved.saved_date <= cast(today.as_of_date as date)
    qualify row_number() over (
        partition by saved.saved_date = cast(today.as_of_date as date) order by saved_date desc
    ) = 1
{%- endmacro -%}
