{#
    Keys that are one person, as a query: connected components, first by e-mail and by
    customer_links, then by phone, which joins no keys that have different e-mails, as those of a
    family or of a counter do. Where the whole would be too large, the links of the last kind
    count for nobody in it. `identity_links` names what identity_links makes.

    customer_key  link_kind  link_value         customer_key  group_key  is_taken_apart
    A             email      a_5d41…            A             A          false
    B             email      a_5d41…       ->   B             A          false

    {{ keys_grouped(ref('int_identity_links')) }}
#}
{%- macro keys_grouped(identity_links) -%}
with

links as (

    select * from {{ identity_links }}

),

shared_links as {{ materialized() }} (

    select
        customer_key,
        link_kind,
        link_kind || ' ' || link_value as link_value
    from links
    where key_count > 1

),

by_email_and_link as {{ materialized() }} (

    {{ connected_keys('shared_links', "link_kind <> 'phone'") }}

),

taken_apart as (

    select
        customer_key,
        link_value
    from shared_links
    where link_kind = 'email'
        and customer_key in (
            select linked.customer_key from by_email_and_link as linked
            where not linked.is_sound
        )

),

by_email as {{ materialized() }} (

    {{ connected_keys('taken_apart') }}

),

-- A key without such a link is a group of its own.
base as {{ materialized() }} (

    select
        keys.customer_key,
        case
            when by_email_and_link.is_sound then by_email_and_link.group_key
            when by_email.is_sound then by_email.group_key
            else keys.customer_key
        end as group_key,
        coalesce(not by_email_and_link.is_sound, false) as is_taken_apart
    from (select distinct customer_key from shared_links) as keys
    left join by_email_and_link
        on keys.customer_key = by_email_and_link.customer_key
    left join by_email
        on keys.customer_key = by_email.customer_key

),

groups_with_email as (

    select distinct base.group_key
    from base
    inner join links
        on base.customer_key = links.customer_key
        and links.link_kind = 'email'

),

phones as (

    select distinct
        shared_links.link_value,
        base.group_key,
        groups_with_email.group_key as email_group
    from shared_links
    inner join base
        on shared_links.customer_key = base.customer_key
    left join groups_with_email
        on base.group_key = groups_with_email.group_key
    where shared_links.link_kind = 'phone'

),

joining_phones as {{ materialized() }} (

    select
        group_key as customer_key,
        link_value
    from phones
    qualify count(distinct email_group) over (partition by link_value) < 2
        and count(*) over (partition by link_value) > 1

),

by_phone as {{ materialized() }} (

    {{ connected_keys('joining_phones') }}

),

joined as (

    select
        base.customer_key,
        base.group_key as base_key,
        base.is_taken_apart,
        by_phone.group_key as phone_key,
        coalesce(by_phone.is_sound, false)
        and count(distinct groups_with_email.group_key) over (partition by by_phone.group_key) < 2
        and count(*) over (partition by by_phone.group_key) <= {{ var('person_keys') }}
            as is_joined
    from base
    left join by_phone
        on base.group_key = by_phone.customer_key
    left join groups_with_email
        on base.group_key = groups_with_email.group_key

)

select
    customer_key,
    case when is_joined then phone_key else base_key end as group_key,
    is_taken_apart or (phone_key is not null and not is_joined) as is_taken_apart
from joined
{%- endmacro -%}
