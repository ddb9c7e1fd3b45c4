{{ config(schema='private') }} -- e-mails and phones stand in this schema only
{{ judge_input('customers', key=['customer_id']) }}
