{{ validate_input('site_activity', key=['customer_id', 'period_start']) }}
