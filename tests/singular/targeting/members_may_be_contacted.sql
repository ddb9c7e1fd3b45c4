-- Nobody who is suppressed, over a cap, cooling down, held out, possibly a minor or
-- without consent for the channel is a member. Asked of the inputs again, so that a
-- fault in the steps cannot hide itself.
with

members as (

    select * from {{ ref('list_members') }}

),

definitions as (

    select * from {{ ref('list_definitions') }}

),

words as (

    select
        members.list_name,
        members.customer_id,
        coalesce(lower(consents.status) = 'granted', false) as is_granted,
        coalesce(consents.event_at, cast('0001-01-01' as timestamp)) as event_at
    from members
    inner join definitions
        on members.list_name = definitions.list_name
    inner join {{ ref('int_consents_validated') }} as consents
        on members.customer_id = consents.customer_id
        and consents.decision = 'accepted'
        and lower(consents.channel) in (members.channel, 'any')
        and coalesce(lower(consents.purpose), definitions.consent_purpose)
            = definitions.consent_purpose

),

permissions as (

    select
        members.list_name,
        members.customer_id,
        max(words.event_at) filter (
            where words.is_granted and words.event_at < {{ as_of_date() }}
        ) as granted_at,
        max(words.event_at) filter (where not words.is_granted) as withdrawn_at
    from members
    left join words
        on members.list_name = words.list_name
        and members.customer_id = words.customer_id
    group by members.list_name, members.customer_id

),

sends as (

    select
        {{ person_of('contacts.customer_id') }} as customer_id,
        campaigns.list_name,
        contacts.sent_at,
        lower(campaigns.channel) as channel
    from {{ ref('campaign_contacts_validated') }} as contacts
    {{ join_persons('contacts.customer_id') }}
    left join {{ ref('int_campaigns_validated') }} as campaigns
        on contacts.campaign_id = campaigns.campaign_id
        and campaigns.decision = 'accepted'
    where contacts.decision = 'accepted'
        and contacts.sent_at is not null

),

pressed as (

    select
        members.customer_id,
        members.list_name
    from members
    inner join sends
        on members.customer_id = sends.customer_id
        and sends.sent_at
            >= {{ days_after(as_of_date(), -var('contact_window_days')) }}
    inner join {{ ref('contact_channels') }} as channels
        on members.channel = channels.channel
    group by members.customer_id, members.list_name, members.channel, channels.contact_cap
    having count(*) >= {{ var('contact_cap') }}
        or count(*) filter (where coalesce(sends.channel, members.channel) = members.channel)
            >= channels.contact_cap

),

faults as (

    select
        members.customer_id,
        'suppressed' as fault
    from members
    inner join {{ ref('int_suppressions_validated') }} as suppressions
        on members.customer_id = suppressions.customer_id

    union all

    select
        members.customer_id,
        'erased' as fault
    from members
    inner join {{ ref('int_erasures_validated') }} as erasures
        on {{ erased_key('members.customer_id') }} = erasures.customer_id

    union all

    select
        customer_id,
        'over the contact cap' as fault
    from pressed

    union all

    select
        members.customer_id,
        'written to again too early' as fault
    from members
    inner join definitions
        on members.list_name = definitions.list_name
    inner join sends
        on members.customer_id = sends.customer_id
        and members.list_name = sends.list_name
    where sends.sent_at > {{ days_after(as_of_date(), '-definitions.cooldown_days') }}

    union all

    select
        members.customer_id,
        'possibly a minor' as fault
    from members
    inner join {{ ref('int_customers_validated') }} as customers
        on members.customer_id = customers.customer_id
    where customers.decision = 'accepted'
        and date_part('year', {{ as_of_date() }}) - customers.birth_year
            <= {{ var('minimum_age') }}

    union all

    select
        members.customer_id,
        'held out of every list' as fault
    from members
    inner join {{ ref('holdout_windows') }} as holdout
        on holdout.is_current
    where {{ hash_bucket(
        "'" ~ project_name ~ "|' || holdout.period || '|'", 'members.customer_id'
    ) }} < 10000 * holdout.share

    union all

    select
        members.customer_id,
        'a key is held out of every list' as fault
    from members
    inner join {{ ref('holdout_draws') }} as draws
        on members.customer_id = draws.customer_id
    where draws.is_current
        and draws.is_in_holdout
    {%- if are_consents_recorded() %}

    union all

    select
        customer_id,
        'no consent' as fault
    from permissions
    where granted_at is null
        or withdrawn_at >= granted_at
        {%- if var('consent_valid_days') is not none %}
        or granted_at < {{ days_after(as_of_date(), -var('consent_valid_days')) }}
        {%- endif %}
    {%- endif %}

)

select * from faults
