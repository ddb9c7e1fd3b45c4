-- What happened to the orders of known customers in a month, as one number: where it
-- changes, that month's end and those after it change.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='event_month'
) }}
with

order_events as (

    select * from {{ ref('order_events') }}
    where customer_id is not null

),

months as (

    select
        cast(date_trunc('month', event_at) as timestamp) as event_month,
        count(*) as events,
        cast(sum(cast({{ hex_to_integer("left(md5(concat_ws('|', "
            ~ "basis, order_id, customer_id, ordered_at, event_at, units, revenue"
            ~ ")), 12)") }} as decimal(38, 0))) as string) as content
    from order_events
    group by event_month

)
{%- if is_incremental() %},

known_months as (

    select
        event_month,
        content
    from {{ this }}

),

changed as (

    select
        coalesce(months.event_month, known_months.event_month) as event_month,
        months.events,
        months.content
    from months
    full join known_months
        on months.event_month = known_months.event_month
    where months.content is distinct from known_months.content

)
{%- endif %}

select
    content,
    coalesce(events, 0) as events,
    event_month,
    cast({{ run_number() }} as bigint) as run_number
from {{ 'changed' if is_incremental() else 'months' }}
