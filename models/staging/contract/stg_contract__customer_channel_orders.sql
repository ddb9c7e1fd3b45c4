{{ stage_input('customer_channel_orders') }}
