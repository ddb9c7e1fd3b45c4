{{ config(materialized='ephemeral') }}
with

segments as (

    select
        customer_id,
        segment
    from {{ ref('rfm_scores') }}
    where basis = 'bought'

),

members as (

    select
        {{ month_label(as_of_date()) }} as month,
        coalesce(segments.segment, 'no segment') as segment
    from {{ ref('list_members') }} as members
    left join segments
        on members.customer_id = segments.customer_id

)

select
    coalesce(month, 'all') as month,
    coalesce(segment, 'all') as segment,
    count(*) as members
from members
group by grouping sets ((), (month), (segment), (month, segment)) -- noqa: PRS
having count(*) > 0
