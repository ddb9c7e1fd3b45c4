-- The offers and channels among which a shared budget chooses: of the candidates whom nothing
-- forbids, those that are worth the minimum of the list. Nothing where lists go by priority. The
-- value of a response is no effect: it weighs so little that only what other lists leave goes to
-- it. Of two channels that bring the same, the preferred one weighs more.
with

screened as (

    select * from {{ ref('list_candidates_screened') }}
    where own_exclusion is null
        and not is_pressed
        and not is_cooling_down
        and is_worth_it
        and not is_address_held_out

),

channels as (

    select * from {{ ref('candidate_channels') }}
    where own_exclusion is null
        and not is_pressed
        and not is_address_held_out

),

lists as (

    select * from {{ ref('lists_priced') }}

),

offers as (

    select * from {{ ref('contact_values') }}

),

valued as (

    select
        screened.list_name,
        screened.customer_id,
        offers.variant,
        channels.channel,
        channels.address_key,
        channels.channel_cap,
        channels.preference,
        channels.sends_in_window,
        channels.sends_in_channel,
        screened.minimum_expected_value,
        offers.planned_cost,
        case
            when lists.lift_basis = 'responses' then screened.expected_value
            else offers.expected_value
        end as expected_value,
        lists.lift_basis = 'responses' as is_valued_by_responses,
        screened.is_in_holdout or screened.is_control as is_uncontacted
    from screened
    inner join lists
        on screened.list_name = lists.list_name
    inner join offers
        on screened.list_name = offers.list_name
        and screened.customer_id = offers.customer_id
    inner join channels
        on screened.list_name = channels.list_name
        and screened.customer_id = channels.customer_id

)

select
    list_name,
    customer_id,
    variant,
    channel,
    address_key,
    expected_value,
    cast(expected_value as double)
        * case when is_valued_by_responses then 0.0001 else 1 end
        * (1 - 0.00001 * (preference - 1)) as weight,
    planned_cost,
    {{ var('contact_cap') }} - sends_in_window as messages_left,
    channel_cap - sends_in_channel as messages_left_in_channel,
    is_uncontacted
from valued
where {{ shares_one_budget() | lower }}
    and coalesce(expected_value, minimum_expected_value) >= minimum_expected_value
