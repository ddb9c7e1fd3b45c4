{{ stage_input('customer_category_spend') }}
