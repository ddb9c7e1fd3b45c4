-- Customers who are controls of two campaigns at one time: their orders are in both windows.
with

controls as (

    select
        campaign_id,
        customer_id,
        window_start_at,
        window_end_at
    from {{ ref('campaign_customers') }}
    where arm = 'control'

)

select
    firsts.campaign_id,
    seconds.campaign_id as other_campaign_id,
    count(*) as shared_controls
from controls as firsts
inner join controls as seconds
    on firsts.customer_id = seconds.customer_id
    and firsts.campaign_id < seconds.campaign_id
    and firsts.window_start_at < seconds.window_end_at
    and firsts.window_end_at > seconds.window_start_at
group by firsts.campaign_id, seconds.campaign_id
