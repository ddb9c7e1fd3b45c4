-- As every input, and then held against the others: an assignment that contradicts itself
-- is none, a campaign that nothing reports cannot be read. A customer known
-- from nowhere else stays in the arm: to drop the unknown would drop those who
-- did not buy.
with

validated as (

    {{ validate_input('campaign_contacts', key=['campaign_id', 'customer_id']) | indent(4) }}

),

campaigns as (

    select
        campaign_id,
        started_at
    from {{ ref('int_campaigns_validated') }}
    where decision = 'accepted'

),

exported as (

    select campaign_id from {{ ref('int_campaigns_exported') }}

),

known_customers as (

    select customer_id from {{ ref('dim_customers') }}

),

arms as (

    select
        campaign_id,
        customer_id,
        count(distinct lower(arm)) as arms
    from validated
    where decision in ('accepted', 'accepted_not_modelled')
        or decision_reason = {{ text('replaced by a later row of the same key') }}
    group by campaign_id, customer_id

),

compared as (

    select
        validated.*,
        coalesce(arms.arms > 1, false)
            and validated.decision in ('accepted', 'accepted_not_modelled') as is_in_two_arms,
        campaigns.campaign_id is null and exported.campaign_id is null
            as is_of_unknown_campaign,
        known_customers.customer_id is null as is_unknown_customer,
        coalesce(
            validated.responded
                and coalesce(validated.sent_at, campaigns.started_at) >= {{ as_of_date() }},
            false
        ) as has_responded_early
    from validated
    left join arms
        on validated.campaign_id = arms.campaign_id
        and validated.customer_id = arms.customer_id
    left join campaigns
        on validated.campaign_id = campaigns.campaign_id
    left join exported
        on validated.campaign_id = exported.campaign_id
    {{ join_persons('validated.customer_id') }}
    left join known_customers
        on {{ person_of('validated.customer_id') }} = known_customers.customer_id

)

select
    source_file,
    source_row,
    {%- for column in var('input_contract')['campaign_contacts'] %}
    {{ column }},
    {%- endfor %}
    case
        when is_in_two_arms then 'rejected'
        when decision = 'accepted' and is_of_unknown_campaign then 'accepted_not_modelled'
        else decision
    end as decision,
    case
        when is_in_two_arms then {{ text('in more than one arm of the campaign') }}
        when decision <> 'accepted' then decision_reason
        when is_of_unknown_campaign then {{ text('of a campaign that is not known') }}
        when has_responded_early
            then {{ text('responded, though not sent before the as-of date: the response is not used') }}
        when is_unknown_customer and decision_reason = {{ text('sound') }}
            then {{ text('the customer is in no other input: counts in its arm, without orders') }}
        else decision_reason
    end as decision_reason
from compared
