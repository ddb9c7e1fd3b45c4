{{ config(materialized='ephemeral') }}
with

decisions as (

    select * from {{ ref('list_decisions') }}
    where is_in

),

segments as (

    select * from {{ ref('rfm_scores') }}
    where basis = 'bought'

),

past_segments as (

    select * from {{ ref('past_segment_outcomes') }}

),

list_segments as (

    select
        decisions.list_name,
        segments.segment,
        count(*) as members
    from decisions
    inner join segments
        on decisions.customer_id = segments.customer_id
    group by decisions.list_name, segments.segment

),

-- Weights are whole customers, so that the sums do not hang on their order.
mixes as (

    select
        list_segments.list_name,
        past_segments.metric,
        past_segments.past_date,
        sum(past_segments.customers) as customers,
        sum(cast(past_segments.mean as decimal(28, 8)) * list_segments.members) as total,
        sum(cast(past_segments.mean_of_squares as decimal(28, 8)) * list_segments.members)
            as total_of_squares,
        sum(list_segments.members) as members
    from list_segments
    inner join past_segments
        on list_segments.segment = past_segments.segment
    group by list_segments.list_name, past_segments.metric, past_segments.past_date

)

select
    list_name,
    metric,
    {{ text(
        'customers of the same segments in the {days} after {date}',
        days=counted(var('conversion_window_days'), 'day|days'), date='cast(past_date as string)'
    ) }} as baseline_basis,
    customers,
    {{ ratio('total', 'members') }} as baseline_mean,
    {{ ratio('total_of_squares', 'members') }} as mean_of_squares
from mixes
