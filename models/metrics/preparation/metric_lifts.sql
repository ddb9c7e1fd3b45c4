{{ config(materialized='ephemeral') }}
with

lifts as (

    select
        {{ month_label('window_start_at') }} as month,
        slice_value as segment,
        treatment_customers,
        cast(difference * treatment_customers as decimal(18, 4)) as added_customers
    from {{ ref('campaign_lift') }}
    where metric = 'purchase'
        and slice in ('all', 'segment')
        and is_read

)

select
    coalesce(month, 'all') as month,
    segment,
    sum(added_customers) as added_customers,
    sum(treatment_customers) as treatment_customers
from lifts
group by grouping sets ((segment), (month, segment)) -- noqa: PRS
having count(*) > 0
