{{ judge_input('customer_period_totals', key=['customer_id', 'period_start']) }}
