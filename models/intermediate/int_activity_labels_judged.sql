{{ judge_input('activity_labels', key=['customer_id', 'as_of_date']) }}
