{#
    A conformed input as the adapter delivers it, or an empty relation of the
    same columns where the adapter has no such input: one DAG for every dataset.

    select * from {{ conformed('consents') }}
#}
{%- macro conformed(input) -%}
    {%- if input in adapter_fact('inputs') -%}
        {{- ref('stg_' ~ dataset_adapter() ~ '__' ~ input) -}}
    {%- else -%}
        (
            select
                cast(null as string) as source_file,
                cast(null as bigint) as source_row,
                {%- for column, kind in var('input_contract')[input].items() %}
                cast(null as {{ input_type(kind) }}) as {{ column }},
                {%- endfor %}
                cast(null as string) as source_fault
            where false
        )
    {%- endif -%}
{%- endmacro -%}
