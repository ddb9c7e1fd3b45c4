-- What was sold in the orders that refunds name.
select
    *,
    {{ file_order('source_file') }} as file_place,
    {{ adapter_column('currency', 'string') }} as order_currency,
    {{ adapter_column('tax_factor', 'rate') }} as order_tax_factor,
    {{ amount_of('quantity', 'unit_price', 'discount') }} / quantity as unit_value
from {{ conformed('order_lines') }}
where source_fault is null
    and quantity > 0
    and order_id in (select refunds.order_id from {{ conformed('refunds') }} as refunds)
