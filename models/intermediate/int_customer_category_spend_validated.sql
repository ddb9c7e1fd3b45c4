{{ validate_input('customer_category_spend', key=['customer_id', 'category']) }}
