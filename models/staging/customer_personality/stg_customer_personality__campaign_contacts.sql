-- Everyone in the file was asked by every past campaign, as far as the file says.
{% set places = [1, 2, 3, 4, 5, 6] -%}
with

customers as (

    select * from {{ ref('stg_customer_personality__marketing_campaign') }}

),

campaigns as (

    select * from {{ ref('customer_personality_campaigns') }}

),

answers as (

    {% for place in places -%}
    select
        *,
        'accepted_{{ place }}' as answer_column,
        accepted_{{ place }} as has_accepted
    from customers
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select
    answers.source_file,
    answers.source_row,
    campaigns.campaign_id,
    answers.customer_id,
    cast(null as string) as arm,
    cast(null as timestamp) as sent_at,
    answers.has_accepted as responded,
    cast(null as boolean) as converted,
    case
        when answers.has_accepted then answers.answer_revenue
        when not answers.has_accepted then 0
    end as revenue,
    cast(null as decimal(18, 4)) as margin,
    answers.source_note,
    answers.source_exclusion,
    answers.source_fault
from answers
inner join campaigns
    on answers.answer_column = campaigns.answer_column
