-- A rate says how much one unit of a currency is in that of the dataset: none is zero.
with

validated as (

    {{ validate_input('exchange_rates', key=['currency', 'date']) }}

)

select
    source_file,
    source_row,
    currency,
    date,
    rate,
    case when rate <= 0 then 'rejected' else decision end as decision,
    case when rate <= 0 then {{ text('rate of zero or less') }} else decision_reason end
        as decision_reason
from validated
