{{ stage_input('customer_links') }}
