{% set lags = [1, 2, 3, 4, 5] -%}
with

contacts as (

    select * from {{ ref('response_contacts') }}

),

responses as (

    select
        responses.*,
        campaigns.place
    from {{ ref('contact_responses') }} as responses
    inner join {{ ref('response_campaigns') }} as campaigns
        on responses.campaign_id = campaigns.campaign_id

)

select
    contacts.campaign_id,
    contacts.customer_id,
    count(*) as campaigns_before,
    sum(case when responses.has_responded then 1 else 0 end) as responses_before
    {%- for lag in lags %},
    max(
        case when contacts.place - responses.place = {{ lag }}
            then case when responses.has_responded then 1 else 0 end end
    ) as responded_{{ lag }}
    {%- endfor %}
from contacts
inner join responses
    on contacts.customer_id = responses.customer_id
    and contacts.place > responses.place
group by contacts.campaign_id, contacts.customer_id
