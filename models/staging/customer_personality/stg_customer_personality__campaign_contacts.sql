-- Everyone in the file was contacted by every past campaign, as far as the file says.
{% set places = [1, 2, 3, 4, 5, 6] -%}
with

customers as (

    select * from {{ ref('stg_customer_personality__marketing_campaign') }}

),

campaigns as (

    select * from {{ ref('customer_personality_campaigns') }}

),

responses as (

    {% for place in places -%}
    select
        *,
        'accepted_{{ place }}' as response_column,
        accepted_{{ place }} as has_accepted
    from customers
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select
    responses.source_file,
    responses.source_row,
    campaigns.campaign_id,
    responses.customer_id,
    cast(null as string) as arm,
    cast(null as timestamp) as sent_at,
    responses.has_accepted as responded,
    cast(null as boolean) as converted,
    case
        when responses.has_accepted then responses.response_revenue
        when not responses.has_accepted then 0
    end as revenue,
    cast(null as decimal(18, 4)) as margin,
    responses.source_note,
    responses.source_exclusion,
    responses.source_fault
from responses
inner join campaigns
    on responses.response_column = campaigns.response_column
