{#
    A column of an input that goes beyond the input contract and that only some
    adapters know of; null for all others.

    - line_service      the service that the line is about, in words
    - refused_quantity  delivered units that the customer did not take
    - currency          of the line, a code
    - order_stated      what the order's own total says
    - order_difference  by how much the order's totals do not add up; null where they do
    - tax_factor        what the var tax_basis made of an amount of 1
    - has_damaged_key   whether a spreadsheet rounded the key of the customer
    - contact           the customer's key where it is an address or the hash of one
    - source_note       what was fixed in a sound row, in words
    - source_exclusion  why a sound row is accepted and not modelled, in words

    adapter_column('refused_quantity', 'quantity', 'order_lines')
#}
{%- macro adapter_column(column, kind, input='order_lines') -%}
    {%- if column in adapter_fact('inputs').get(input, []) -%}
        {{ column }}
    {%- else -%}
        cast(null as {{ input_type(kind) }})
    {%- endif -%}
{%- endmacro -%}
