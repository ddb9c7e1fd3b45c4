-- How far down the ranking does it pay to write? Past contacts, each predicted by
-- models that did not see the customer, at the terms of the next planned campaign,
-- or of the last one where none is planned.
with

predictions as (

    select * from {{ ref('ml_response_predictions') }}

),

terms as (

    select
        campaign_id,
        cast(response_value as double) as response_value,
        cast(contact_cost as double) as contact_cost
    from {{ ref('response_campaigns') }}
    where is_planned
        or is_training
    qualify row_number() over (
        order by is_planned desc, case when is_planned then place else -place end
    ) = 1

),

ranked as (

    select
        model,
        label,
        -- Rounded, so that sums are the same in every order.
        cast(probability as decimal(18, 9)) as probability,
        row_number() over (order by probability desc, row_key, label) as place,
        count(*) over () as contacts
    from predictions

),

stepped as (

    select
        *,
        cast(1 + floor(20 * (place - 1) / contacts) as bigint) as step
    from ranked

),

summed as (

    select
        model,
        step,
        count(*) as contacts,
        sum(label) as responses,
        sum(probability) as expected_responses
    from stepped
    group by model, step

),

so_far as (

    select
        *,
        sum(contacts) over (order by step) as contacts_so_far,
        sum(responses) over (order by step) as responses_so_far,
        sum(expected_responses) over (order by step) as expected_so_far,
        sum(contacts) over () as all_contacts,
        sum(responses) over () as all_responses
    from summed

),

profits as (

    select
        so_far.*,
        terms.campaign_id,
        cast(so_far.expected_so_far as double) * terms.response_value
            - so_far.contacts_so_far * terms.contact_cost as expected_profit,
        cast(so_far.responses_so_far as double) * terms.response_value
            - so_far.contacts_so_far * terms.contact_cost as profit
    from so_far
    cross join terms

)

select
    campaign_id as terms_of_campaign_id,
    model,
    step,
    {{ ratio('contacts_so_far', 'all_contacts') }} as depth,
    contacts,
    cast(responses as bigint) as responses,
    cast(contacts_so_far as bigint) as contacts_so_far,
    cast(responses_so_far as bigint) as responses_so_far,
    {{ ratio('responses_so_far', 'all_responses') }} as gain_share,
    {{ ratio('responses_so_far', 'contacts_so_far') }}
        / nullif({{ ratio('all_responses', 'all_contacts') }}, 0) as lift_so_far,
    cast(expected_profit as decimal(18, 4)) as expected_profit,
    cast(profit as decimal(18, 4)) as profit,
    coalesce(
        expected_profit > 0
        and row_number() over (order by expected_profit desc nulls last, step) = 1,
        false
    ) as is_expected_peak,
    coalesce(
        profit > 0
        and row_number() over (order by profit desc nulls last, step) = 1,
        false
    ) as is_peak
from profits
