-- Why each candidate is in or out, in words.
with

candidates as (

    select * from {{ ref('list_candidates') }}

),

taken as (

    select * from {{ ref('list_candidates_taken') }}

),

holdout as (

    select period
    from {{ ref('holdout_windows') }}
    where is_current

),

lists as (

    select * from {{ ref('lists_priced') }}

),

worth as (

    select * from {{ ref('contact_values') }}

),

decided as (

    select
        taken.*,
        holdout.period as holdout_period,
        candidates.product_id,
        candidates.reason as candidate_reason,
        lists.channel as channels,
        lists.consent_purpose,
        lists.capacity,
        lists.budget,
        lists.cooldown_days,
        lists.minimum_expected_value,
        lists.lift_basis,
        worth.value_basis,
        worth.value_reason,
        worth.p_without,
        worth.p_with,
        worth.expected_value_se,
        taken.first_exclusion is null as is_in,
        case
            when taken.first_exclusion is null
                then case when taken.is_control then 'control' else 'treatment' end
        end as arm
    from taken
    cross join holdout
    inner join candidates
        on taken.list_name = candidates.list_name
        and taken.customer_id = candidates.customer_id
    inner join lists
        on taken.list_name = lists.list_name
    inner join worth
        on taken.list_name = worth.list_name
        and taken.customer_id = worth.customer_id
        and taken.variant = worth.variant

)

select
    list_name,
    customer_id,
    product_id,
    channel,
    arm,
    stratum,
    first_exclusion,
    all_exclusions,
    case first_exclusion
        when 'reachability' then {{ text(
            'no usable address for {channels}',
            channels="replace(channels, ' ', ' ' || " ~ text('or') ~ " || ' ')"
        ) }}
        when 'consent' then {{ text(
            '{basis} for {purpose} by {channel}',
            basis=label('consent_basis', 'consent_basis'),
            purpose=label('consent_purpose', 'consent_purpose'),
            channel='channel'
        ) }}
        when 'suppression' then {{ text('on the suppression list') }}
        when 'erasure' then {{ text('asked to be erased') }}
        when 'contact pressure' then {{ text(
            '{sent} sent in the last {days} and {planned} planned '
            ~ '({sent_by} and {planned_by} by {channel}); '
            ~ 'at most {cap} are allowed, {channel_cap} by {channel}',
            sent='sends_in_window',
            days=counted(var('contact_window_days'), 'day|days'),
            planned='planned_messages',
            sent_by='sends_in_channel',
            planned_by='planned_in_channel',
            channel='channel',
            cap=var('contact_cap'),
            channel_cap='channel_cap'
        ) }}
        when 'cool-down' then case
            when days_since_last < 0 then {{ text(
                'got this list\'s message on or after the as-of date; '
                ~ 'the next may follow after {days}',
                days=counted('cooldown_days', 'day|days')
            ) }}
            else {{ text(
                'got this list\'s message {ago} ago; the next may follow after {days}',
                ago=counted('days_since_last', 'day|days'),
                days=counted('cooldown_days', 'day|days')
            ) }}
        end
        when 'exclusivity'
            then {{ text(
                'the shared budget gives the customer to {list}',
                list=label('list_name', 'taken_by')
            ) if shares_one_budget()
            else text('already taken by {list}', list=label('list_name', 'taken_by')) }}
        when 'minimum expected value' then coalesce(
            case lift_basis
                when 'responses' then {{ text(
                    'expected value {value} is below {minimum} '
                    ~ '(value of a response that is predicted)',
                    value='cast(cast(expected_value as decimal(18, 2)) as string)',
                    minimum='cast(minimum_expected_value as decimal(18, 2))'
                ) }}
                else {{ text(
                    'expected value {value} is below {minimum} ({why})',
                    value='cast(cast(expected_value as decimal(18, 2)) as string)',
                    minimum='cast(minimum_expected_value as decimal(18, 2))',
                    why='value_reason'
                ) }}
            end,
            {{ text('no order to value a next one by') }}
        )
        when 'same address' then case
            when is_address_held_out then {{ text(
                'another customer who has the address is held out of every list in {period}',
                period='holdout_period'
            ) }}
            when taken_by is not null then {{ text(
                'another customer with the same address gets the message of {list}',
                list=label('list_name', 'taken_by')
            ) }}
            else {{ text('another customer with the same address has the better rank') }}
        end
        when 'capacity'
            then {{ text('rank {rank} of {places} places', rank='rank', places='capacity') }}
        when 'budget' then {{ text(
            'rank {rank} is beyond the budget of {budget}',
            rank='rank', budget='cast(budget as decimal(18, 2))'
        ) }}
        when 'total budget' then {{ text(
            'rank {rank} is beyond the budget of all lists, {budget}',
            rank='rank',
            budget='cast(' ~ (var('total_budget') or 0) ~ ' as decimal(18, 2))'
        ) }}
        when 'global holdout' then {{ text(
            'held out of every list in {period}', period='holdout_period'
        ) }}
        else candidate_reason
    end as reason,
    reachability,
    consent_basis,
    lift_basis,
    variant,
    value_basis,
    value_reason,
    rank,
    p_without,
    p_with,
    expected_value,
    expected_value_se,
    control_share,
    bucket,
    is_in
from decided
