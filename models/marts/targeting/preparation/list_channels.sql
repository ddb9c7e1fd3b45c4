-- The channels of each list, the preferred one first.
with

definitions as (

    select * from {{ ref('list_definitions') }}

),

channels as (

    select * from {{ ref('contact_channels') }}

),

placed as (

    select
        definitions.list_name,
        definitions.consent_purpose,
        channels.channel,
        channels.address,
        channels.contact_cap,
        position(' ' || channels.channel || ' ' in ' ' || definitions.channel || ' ')
            as position_in_text
    from definitions
    cross join channels

)

select
    list_name,
    consent_purpose,
    channel,
    address,
    cast(contact_cap as bigint) as contact_cap,
    cast(row_number() over (
        partition by list_name
        order by position_in_text
    ) as bigint) as preference
from placed
where position_in_text > 0
