{#
    A condition on the rows that a test must look at: those whose key a model has
    written since every test passed. Empty where it must look at all: when nothing has
    passed yet in the present full refresh, and for every command but a `dbt build` that
    makes that model again. Where the table has another name for the key,
    `column` gives it; for a `source_file` the raw files themselves decide.

    changed_since_test('order_id')
        ->  order_id in (
                select order_id from intermediate.int_order_lines_affected
                where run_number > 40
            )
#}
{%- macro changed_since_test(key, written_by='int_order_lines_affected', column=none) -%}
    {%- set id = 'model.' ~ project_name ~ '.' ~ written_by -%}
    {%- if not execute or flags.WHICH != 'build' or flags.FULL_REFRESH
        or id not in selected_resources -%}
        {{- return('') -}}
    {%- endif -%}
    {%- set tested = watermark('tests') -%}
    {%- if tested is none -%}
        {{- return('') -}}
    {%- endif -%}
    {%- set source = 'main.read_files' if key == 'source_file' else graph.nodes[id].relation_name -%}
    {{- return(
        (column or key) ~ ' in (select written.' ~ key ~ ' from ' ~ source
        ~ ' as written where written.run_number > ' ~ tested ~ ')'
    ) -}}
{%- endmacro -%}
