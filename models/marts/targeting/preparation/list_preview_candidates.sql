-- The cap of a channel stays; a cap in all below it cuts deeper, one above it does not help. Where
-- the lists share a budget, more for one list is less for others: only shorter ones are previewed.
{{ config(materialized='ephemeral') }}
{% set by_value -%}
order by
                case when ranking = 'score' then score else 0 end desc,
                expected_value desc,
                score desc,
                customer_id
{%- endset -%}
with

caps as (

    select * from {{ ref('list_preview_caps') }}

),

{% if shares_one_budget() -%}
ranked as (

    select
        *,
        is_uncontacted as is_left_alone
    from {{ ref('list_allocations') }}
    cross join caps
    where is_taken

)
{%- else -%}
screened as (

    select * from {{ ref('list_candidates_screened') }}

),

taken as (

    select * from {{ ref('list_candidates_taken') }}

),

eligible as (

    select
        screened.*,
        caps.contact_cap
    from screened
    inner join taken
        on screened.list_name = taken.list_name
        and screened.customer_id = taken.customer_id
    cross join caps
    where screened.own_exclusion is null
        and not screened.is_cooling_down
        and taken.taken_by is null
        and screened.is_worth_it
        and not screened.is_address_held_out
        and screened.sends_in_window + taken.planned_messages < caps.contact_cap
        and screened.sends_in_channel + taken.planned_in_channel < screened.channel_cap

),

at_address as (

    select
        *,
        row_number() over (
            partition by list_name, contact_cap, coalesce(address_key, customer_id)
            {{ by_value }}
        ) as place_at_address
    from eligible

),

ranked as (

    select
        *,
        row_number() over (
            partition by list_name, contact_cap
            {{ by_value }}
        ) as rank,
        sum(case when is_in_holdout or is_control then 0 else planned_cost end) over (
            partition by list_name, contact_cap
            {{ by_value }}
        ) as running_cost,
        is_in_holdout or is_control as is_left_alone
    from at_address
    where place_at_address = 1

)
{%- endif %}

select
    list_name,
    customer_id,
    contact_cap,
    rank,
    expected_value,
    planned_cost,
    running_cost,
    is_left_alone
from ranked
