-- Orders as they were known as of each of the days: those of one day are one, and what has come
-- back by then is taken off.
with

cuts as (

    select * from {{ ref('clv_cuts') }}

),

events as (

    select * from {{ ref('order_events') }}
    where customer_id is not null
        -- Placed, whether or not it is delivered yet, less what came back.
        and (basis = 'placed' or revenue < 0)

)

select
    cuts.period,
    events.customer_id,
    cast(events.ordered_at as date) as order_day,
    sum(events.revenue) as revenue,
    sum(events.margin_estimate) as margin,
    {{ elapsed_days('cast(events.ordered_at as date)', 'cuts.cut_at') }} as age_days
from cuts
inner join events
    on cuts.cut_at > events.event_at
group by cuts.period, cuts.cut_at, events.customer_id, cast(events.ordered_at as date)
