{{ validate_input('customer_totals', key=['customer_id']) }}
