{#
    Replaces dbt's macro of this name: a seed is always loaded into a new table, for
    its columns may be others than those of the last version; an incremental model is built anew on
    --full-refresh, when what it holds is of an older generation than the run's
    (targeted_lists/increments.py), when it asks for the touched keys in a run that does
    not find them out, and when what it is made with is other than then (macro
    made_with).
#}
{%- macro should_full_refresh() -%}
    {%- set is_asked_for = config.get('full_refresh') -%}
    {%- if is_asked_for is none -%}
        {%- set is_asked_for = flags.FULL_REFRESH -%}
    {%- endif -%}
    {%- set unselected = [] -%}
    {%- for key in ['order_line_id', 'customer_id'] -%}
        {%- set touched = 'model.' ~ project_name ~ '.' ~ touched_table(key) -%}
        {%- if touched in model.depends_on.nodes and touched not in selected_resources -%}
            {%- do unselected.append(touched) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(
        is_asked_for or model.resource_type == 'seed' or (
            model.config.materialized == 'incremental' and (
                known_run(model.name) is none
                or is_made_with_other()
                or unselected
            )
        )
    ) -%}
{%- endmacro -%}
