{{ judge_input('customers', key=['customer_id']) }}
