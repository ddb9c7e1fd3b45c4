{#
    A conformed input as the adapter delivers it, or an empty relation of the
    same columns where the adapter has no such input: one DAG for every dataset.

    select * from {{ conformed('consents') }}
#}
{%- macro conformed(input) -%}
    {%- set delivered = {
        'contract': var('input_contract') | list,
        'online_retail': ['order_lines'],
        'order_export': ['order_lines', 'customers'],
        'one_click': [
            'customers', 'consents', 'site_activity', 'customer_totals',
            'customer_period_totals', 'activity_labels',
        ],
        'customer_personality': [
            'customers', 'customer_totals', 'customer_category_spend',
            'customer_channel_orders', 'site_activity', 'campaigns', 'campaign_contacts',
        ],
    } -%}
    {%- if input in delivered[dataset_adapter()] -%}
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
