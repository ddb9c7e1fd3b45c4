-- A rate holds until the next one.
with

rates as (

    select
        upper(currency) as currency,
        date as valid_from,
        rate
    from {{ ref('int_exchange_rates_validated') }}
    where decision = 'accepted'

)

select
    currency,
    rate,
    valid_from,
    lead(valid_from, 1, cast('9999-12-31' as timestamp)) over (
        partition by currency order by valid_from
    ) as valid_until
from rates
