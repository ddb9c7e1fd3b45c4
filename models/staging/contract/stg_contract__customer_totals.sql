{{ stage_input('customer_totals') }}
