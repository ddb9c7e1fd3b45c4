-- The segment that each customer was in at a moment: that of the last month end by then, since
-- a later one would know too much.
{{ config(materialized='table_in_place') }}
with

as_of_days as (

    select * from {{ ref('recommendation_as_of_days') }}

),

month_ends as (

    select
        customer_id,
        segment,
        {{ epoch_seconds('month_end_date') }} as month_end_seconds
    from {{ ref('rfm_month_ends') }}
    where basis = 'bought'

),

distinct_month_ends as (

    select distinct month_end_seconds from month_ends

),

last_month_ends as (

    select
        as_of_days.as_of,
        max(distinct_month_ends.month_end_seconds) as month_end_seconds
    from as_of_days
    inner join distinct_month_ends
        on as_of_days.until_seconds >= distinct_month_ends.month_end_seconds
    where as_of_days.as_of <> 'current'
    group by as_of_days.as_of

)

select
    last_month_ends.as_of,
    month_ends.customer_id,
    month_ends.segment
from last_month_ends
inner join month_ends
    on last_month_ends.month_end_seconds = month_ends.month_end_seconds
where month_ends.segment is not null

union all

select
    'current' as as_of,
    customer_id,
    segment
from {{ ref('rfm_scores') }}
where basis = 'bought'
    and segment is not null
