{{ stage_input('customer_period_totals') }}
