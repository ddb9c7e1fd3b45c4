-- Each segment has a guard, and each that asks for anything names another to fall back
-- to; from each a chain leads to the one that asks for nothing, within the steps that
-- are looked at, and so never back to where it was. What a guard asks for can be had.
with

guards as (

    select * from {{ ref('rfm_segment_guards') }}

),

segments as (

    select distinct segment from {{ ref('rfm_segment_map') }}

),

-- Of one segment all codes have the same chain.
chains as (

    select
        segment_1 as segment,
        max(coalesce(
            {%- for step in guard_steps() | reverse %}
            segment_{{ step }}{{ ',' if not loop.last }}
            {%- endfor %}
        )) as last_segment,
        count(unasked_segment) as unasked
    from {{ ref('rfm_guarded_segments') }}
    group by segment_1

),

asking as (

    select
        *,
        coalesce(
            minimum_orders, first_order_within_days, silent_at_least_days,
            silent_at_most_days
        ) is not null as is_asking
    from guards

)

select
    coalesce(segments.segment, guards.segment) as segment,
    'is a segment without a guard, or a guard without a segment' as fault
from segments
full join guards
    on segments.segment = guards.segment
where segments.segment is null
    or guards.segment is null

union all

select
    segment,
    'falls back to ' || coalesce(falls_back_to, 'none') as fault
from asking
where is_asking <> (falls_back_to is not null)
    or falls_back_to not in (select segments.segment from segments)

union all

select
    'all' as segment,
    'one segment must ask for nothing, not ' || cast(count(*) as string) as fault
from asking
where not is_asking
having count(*) <> 1

union all

select
    chains.segment,
    'has a chain that does not end' as fault
from chains
left join asking
    on chains.last_segment = asking.segment
where chains.unasked > 0
    or coalesce(asking.is_asking, true)

union all

select
    segment,
    'asks for what nobody can have, or for what everybody has' as fault
from guards
where minimum_orders < 2
    or first_order_within_days < 1
    or silent_at_least_days < 1
    or silent_at_most_days < silent_at_least_days
    or first_order_within_days < silent_at_least_days
