-- The export as it is, every column as text, under the names that the seed
-- order_export_columns gives its headers.
{{ read_input('order_export', [
    'order_id', 'line_number', 'site_ordered_at', 'document_at', 'delivered_at',
    'new_status', 'status', 'is_cancelled', 'cancel_reason',
    'customer', 'phone', 'email',
    'product_id', 'product_name', 'category_1', 'category_2', 'category_3',
    'product_type', 'line_type',
    'quantity', 'quantity_sold', 'unit_price', 'line_amount', 'unit_cost',
    'stated_margin',
    'delivery_method', 'payment_method', 'pickup_point',
    'country', 'region', 'store_city',
]) }}
