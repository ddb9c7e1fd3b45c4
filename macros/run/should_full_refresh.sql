{#
    Replaces dbt's macro of this name: a seed is always loaded into a new table,
    since its columns may have changed; an incremental model is rebuilt on
    --full-refresh, when its rows are from an older full refresh than the run's
    (targeted_lists/runs/increments.py), when it needs the affected keys in a
    run that does not determine them, and when its upstream has changed since
    (macro upstream_fingerprint).
#}
{%- macro should_full_refresh() -%}
    {%- set table = whole_table() -%}
    {%- set is_requested = table.config.get('full_refresh') -%}
    {%- if is_requested is none -%}
        {%- set is_requested = flags.FULL_REFRESH -%}
    {%- endif -%}
    {%- set unselected = [] -%}
    {%- for key in ['order_line_id', 'customer_id'] -%}
        {%- set affected = 'model.' ~ project_name ~ '.' ~ affected_table(key) -%}
        {%- if affected in table.depends_on.nodes and affected not in selected_resources -%}
            {%- do unselected.append(affected) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(
        is_requested or table.resource_type == 'seed' or (
            table.config.materialized == 'incremental' and (
                watermark(table.name) is none
                or has_other_upstream()
                or unselected
            )
        )
    ) -%}
{%- endmacro -%}
