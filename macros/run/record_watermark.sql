{#
    A hook after a model that later runs add to, or that such a model reads: notes up
    to which run its rows are known. It is as new as the oldest of the noted models
    that it was made of, and with `as_of_date` it was built as of that moment. What stood
    in the tables of `meta: {upstream_fingerprint: …}` (macro upstream_fingerprint) is noted too, and the run
    that last built it again.

    model       full_refresh_id  run_number  as_of_date  fit_code  upstream_fingerprint  rebuilt_in_run
    fct_orders  3           41          2025-07-01  9f2c…                39
#}
{%- macro record_watermark(as_of_date='cast(null as timestamp)') -%}
    {%- if execute and has_plan() -%}
        {%- set parents = parents_of(model) -%}
        {%- set rebuilt_in_run = noted(this.identifier, 'rebuilt_in_run') if is_incremental() else none %}
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
            {{ as_of_date }},
            any_value(current_run.fit_code),
            {{ upstream_fingerprint() }},
            {{ rebuilt_in_run or 'any_value(current_run.run_number)' }}
        from main.current_run
        left join main.watermarks
            on watermarks.model in ('{{ parents | join("', '") }}')
        {%- endif %}
    {%- endif -%}
{%- endmacro -%}
