{{ validate_input('customer_channel_orders', key=['customer_id', 'channel']) }}
