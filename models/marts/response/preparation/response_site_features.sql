-- Visits of the last two months that were whole when the campaign began.
with

contacts as (

    select * from {{ ref('response_contacts') }}

),

site_activity as (

    select * from {{ by_person('site_activity') }} as site_activity
    where decision = 'accepted'

)

select
    contacts.campaign_id,
    contacts.customer_id,
    {{ ratio('sum(site_activity.visits)', 'count(site_activity.visits)') }} as visits
from contacts
inner join site_activity
    on contacts.customer_id = site_activity.customer_id
    and site_activity.period_start
        >= date_trunc('month', contacts.cutoff_at) - interval '2 months'
    and site_activity.period_start + interval '1 month' <= contacts.cutoff_at
group by contacts.campaign_id, contacts.customer_id
