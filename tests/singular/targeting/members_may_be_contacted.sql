-- Nobody who is suppressed, erased, over the cap, held out or without consent is a
-- member. Asked of the inputs anew, so that a fault in the steps cannot hide itself.
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
    inner join {{ ref('int_consents_judged') }} as consents
        on members.customer_id = consents.customer_id
        and consents.decision = 'kept'
        and lower(consents.channel) in (definitions.channel, 'any')
        and coalesce(lower(consents.purpose), definitions.consent_purpose)
            = definitions.consent_purpose

),

objections as (

    select
        customer_id,
        'suppressed' as fault
    from {{ ref('int_suppressions_judged') }}

    union all

    select
        customer_id,
        'erased' as fault
    from {{ ref('int_erasures_judged') }}

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

faults as (

    select
        members.customer_id,
        objections.fault
    from members
    inner join objections
        on members.customer_id = objections.customer_id

    union all

    select
        members.customer_id,
        'over the contact cap' as fault
    from members
    inner join {{ ref('int_campaign_contacts_judged') }} as contacts
        on members.customer_id = contacts.customer_id
    where contacts.decision = 'kept'
        and contacts.sent_at
            >= {{ days_after(as_of_date(), -var('contact_window_days')) }}
    group by members.customer_id
    having count(*) >= {{ var('contact_cap') }}

    union all

    select
        customer_id,
        'held out of every list' as fault
    from members
    where {{ hash_bucket(
        "'" ~ project_name ~ "|" ~ var('holdout_period') ~ "|'", 'customer_id'
    ) }} < 10000 * {{ var('global_holdout_share') }}
    {%- if are_consents_recorded() %}

    union all

    select
        customer_id,
        'no consent' as fault
    from permissions
    where granted_at is null
        or withdrawn_at >= granted_at
    {%- endif %}

)

select * from faults
