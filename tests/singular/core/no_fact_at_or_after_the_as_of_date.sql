-- Facts count when they lie before the as-of date, of which there is one.
with

moments as (

    select max(ordered_at) as latest_at from {{ ref('fct_order_lines') }}

    union all

    select max(ordered_at) as latest_at from {{ ref('fct_orders') }}

    union all

    select max(event_at) as latest_at from {{ ref('order_events') }}

)

select cast(latest_at as string) as fault
from moments
where latest_at >= {{ as_of_date() }}

union all

select cast(count(*) as string) || ' as-of dates' as fault
from {{ ref('int_as_of_date') }}
having count(*) <> 1
