-- Orders as they were known at the end of a span: those of one day are one, and what has come
-- back by then is taken off.
with

spans as (

    select * from {{ ref('clv_spans') }}

),

events as (

    select * from {{ ref('order_events') }}
    where customer_id is not null
        -- Placed, whether or not it is delivered yet, less what came back.
        and (basis = 'placed' or revenue < 0)

)

select
    spans.span_name,
    events.customer_id,
    cast(events.ordered_at as date) as order_day,
    sum(events.revenue) as revenue,
    sum(events.margin_estimate) as margin
from spans
inner join events
    on spans.cut_at > events.event_at
group by spans.span_name, events.customer_id, cast(events.ordered_at as date)
