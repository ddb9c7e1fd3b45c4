-- Nobody who is erased, over a cap, cooling down, held out or possibly a minor is a member.
-- Asked of the inputs again, so that a fault in the steps cannot hide itself. Permissions are
-- the matter of members_have_permission.
with

members as (

    select * from {{ ref('list_members') }}

),

definitions as (

    select * from {{ ref('list_definitions') }}

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

ages as (

    select
        customers.birth_year,
        {{ person_of('customers.customer_id') }} as customer_id
    from {{ ref('int_customers_validated') }} as customers
    {{ join_persons('customers.customer_id') }}
    where customers.decision = 'accepted'

),

faults as (

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
    inner join ages
        on members.customer_id = ages.customer_id
    where date_part('year', {{ as_of_date() }}) - ages.birth_year
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

)

select * from faults
