-- The steps that look at the other lists and the other candidates, where a shared budget decides
-- them all at once: the offer and channel of each candidate, and what excludes them.
{{ config(materialized='ephemeral') }}
with

screened as (

    select
        *,
        case
            when own_exclusion is not null then own_exclusion
            when is_pressed then 'contact pressure'
            when is_cooling_down then 'cool-down'
            when not is_worth_it then 'minimum expected value'
            when is_address_held_out then 'same address'
        end as early_exclusion
    from {{ ref('list_candidates_screened') }}

),

channels as (

    select * from {{ ref('candidate_channels') }}

),

allocations as (

    select * from {{ ref('list_allocations') }}

),

best as (

    select
        *,
        -- Messages of the other lists that took the customer, held out or not.
        taken - cast(is_taken as bigint) as planned_messages,
        taken_in_channel - cast(is_taken as bigint) as planned_in_channel
    from (
        select
            *,
            count(*) filter (where is_taken) over (partition by customer_id) as taken,
            count(*) filter (where is_taken) over (partition by customer_id, channel)
                as taken_in_channel
        from allocations
    ) as counted
    where is_best_offer

)

select
    screened.list_name,
    screened.customer_id,
    channels.channel,
    channels.reachability,
    channels.consent_basis,
    channels.channel_cap,
    channels.sends_in_window,
    channels.sends_in_channel,
    coalesce(best.variant, screened.variant) as variant,
    coalesce(best.expected_value, screened.expected_value) as expected_value,
    best.taken_by,
    coalesce(
        screened.early_exclusion,
        best.first_exclusion,
        case when screened.is_in_holdout then 'global holdout' end
    ) as first_exclusion,
    best.rank,
    coalesce(best.planned_messages, 0) as planned_messages,
    coalesce(best.planned_in_channel, 0) as planned_in_channel,
    best.running_cost
from screened
left join best
    on screened.list_name = best.list_name
    and screened.customer_id = best.customer_id
inner join channels
    on screened.list_name = channels.list_name
    and screened.customer_id = channels.customer_id
    and coalesce(best.channel, screened.channel) = channels.channel
