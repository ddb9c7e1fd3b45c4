{#
    A column of an input that goes beyond the input contract and that only some
    adapters know of; null for all others.

    - line_service      the service that the line is about, in words
    - refused_quantity  delivered units that the customer did not take
    - source_note       what was fixed in a sound row, in words
    - source_exclusion  why a sound row is kept and not modelled, in words

    adapter_column('refused_quantity', 'quantity', 'order_lines')
#}
{%- macro adapter_column(column, kind, input='order_lines') -%}
    {%- set delivered = {
        'order_export': {'order_lines': ['line_service', 'refused_quantity']},
        'one_click': {
            'customers': ['source_note'],
            'consents': ['source_note'],
            'site_activity': ['source_note'],
            'customer_period_totals': ['source_note'],
            'activity_labels': ['source_note'],
        },
        'customer_personality': {
            'customers': ['source_note', 'source_exclusion'],
            'customer_totals': ['source_note', 'source_exclusion'],
            'customer_category_spend': ['source_note', 'source_exclusion'],
            'customer_channel_orders': ['source_note', 'source_exclusion'],
            'site_activity': ['source_note', 'source_exclusion'],
            'campaign_contacts': ['source_note', 'source_exclusion'],
        },
    } -%}
    {%- if column in delivered.get(dataset_adapter(), {}).get(input, []) -%}
        {{ column }}
    {%- else -%}
        cast(null as {{ input_type(kind) }})
    {%- endif -%}
{%- endmacro -%}
