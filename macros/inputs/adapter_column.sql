{#
    A column of order lines that goes beyond the input contract and that only
    some adapters know of; null for all others.

    - line_service      the service that the line is about, in words
    - refused_quantity  delivered units that the customer did not take

    adapter_column('refused_quantity', 'quantity')
#}
{%- macro adapter_column(column, kind) -%}
    {%- set delivered = {'order_export': ['line_service', 'refused_quantity']} -%}
    {%- if column in delivered.get(dataset_adapter(), []) -%}
        {{ column }}
    {%- else -%}
        cast(null as {{ input_type(kind) }})
    {%- endif -%}
{%- endmacro -%}
