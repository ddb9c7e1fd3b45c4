{#
    The hook after every table of the folders that later runs add to: notes up to which run
    its rows are known, and as of which moment. A table is as new as the oldest of the noted
    ones that it was made of, so what reads one that this run left out reads the rest of it
    later. What stood in the tables of `meta: {upstream_fingerprint: …}` (macro
    upstream_fingerprint) is noted too, and of an incremental or a fitted table the run
    that last built all of it.

    model       full_refresh_id  run_number  as_of_date  fit_code  upstream_fingerprint  rebuilt_in_run
    fct_orders  3           41          2025-07-01  9f2c…                39
#}
{%- macro record_watermark() -%}
    {%- if execute and has_plan() -%}
        {%- set parents = [] -%}
        {%- for id in tables_read(model) -%}
            {%- do parents.append(id.split('.')[-1]) -%}
        {%- endfor %}
        delete from main.watermarks where model = '{{ this.identifier }}';
        {%- if is_seeing_rows() %}
        insert into main.watermarks
            (model, full_refresh_id, run_number, as_of_date, fit_code, upstream_fingerprint, rebuilt_in_run)
        select
            '{{ this.identifier }}',
            least(
                any_value(current_run.full_refresh_id), coalesce(min(watermarks.full_refresh_id), 9999999999)
            ),
            least(
                any_value(current_run.run_number), coalesce(min(watermarks.run_number), 9999999999)
            ),
            {{ moment_of_table() }},
            any_value(current_run.fit_code),
            {{ upstream_fingerprint() }},
            {{ rebuilt_in_run() }}
        from main.current_run
        left join main.watermarks
            on watermarks.model in ('{{ parents | unique | join("', '") }}')
        {%- endif %}
    {%- endif -%}
{%- endmacro -%}


{#  The moment as of which this table was built: that of the run, or of what it was made of.  #}
{%- macro moment_of_table() -%}
    {%- if var('as_of_date', none) -%}
        {{- as_of_date() -}}
    {%- elif this.identifier == 'int_as_of_date' -%}
        (select as_of_date from {{ this }})
    {%- else -%}
        min(watermarks.as_of_date)
    {%- endif -%}
{%- endmacro -%}


{#
    The run that last built all of an incremental or a fitted table; null of one that every
    run builds.
#}
{%- macro rebuilt_in_run() -%}
    {%- if is_incremental() -%}
        {{- noted(this.identifier, 'rebuilt_in_run') or 'any_value(current_run.run_number)' -}}
    {%- elif model.config.materialized in ['incremental', 'reusable'] -%}
        any_value(current_run.run_number)
    {%- else -%}
        cast(null as bigint)
    {%- endif -%}
{%- endmacro -%}
