{#
    How order lines say that customers can be reached, or no row where the adapter's never do.

    select * from {{ conformed_line_contacts() }}
#}
{%- macro conformed_line_contacts() -%}
    {%- if adapter_fact('has_line_contacts') -%}
        {{- ref('stg_' ~ dataset_adapter() ~ '__line_contacts') -}}
    {%- else -%}
        (
            select
                cast(null as string) as source_file,
                cast(null as bigint) as source_row,
                cast(null as string) as customer_id,
                cast(null as string) as email,
                cast(null as string) as phone,
                cast(null as string) as first_name,
                cast(null as timestamp) as ordered_at
            where false
        )
    {%- endif -%}
{%- endmacro -%}
