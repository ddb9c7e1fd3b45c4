{#
    What makes two keys one person, as a query: an address that both have, or a row of
    customer_links; as of an earlier day, where it is dated, what was known by then. A key that
    was asked to be split stands alone: none of its addresses links it, and of the links no
    earlier one. The arguments name relations with the columns of those models.

    {{ identity_links(
        ref('int_key_contacts'), ref('int_shared_addresses'), ref('int_customer_links_validated')
    ) }}
#}
{%- macro identity_links(key_contacts, shared_addresses, customer_links, is_dated=true) -%}
with

key_contacts as (

    select * from {{ key_contacts }}
    where address_key not in (
        select shared.address_key from {{ shared_addresses }} as shared
    )
        {%- if is_dated and var('as_of_date', none) %}
        and (first_at is null or first_at < {{ as_of_date() }})
        {%- endif %}

),

-- Of several rows of one pair the latest says what holds.
links as (

    select
        customer_id,
        other_customer_id,
        coalesce(lower(status), 'same') as status,
        coalesce(event_at, cast('0001-01-01' as timestamp)) as event_at
    from {{ customer_links }}
    where decision = 'accepted'
        {%- if is_dated and var('as_of_date', none) %}
        and (event_at is null or event_at < {{ as_of_date() }})
        {%- endif %}
    qualify row_number() over (
        partition by
            least(customer_id, other_customer_id), greatest(customer_id, other_customer_id)
        order by event_at desc nulls last, status, source_file desc, source_row desc
    ) = 1

),

splits as (

    select
        other_customer_id as customer_key,
        max(event_at) as event_at
    from links
    where status = 'different'
    group by other_customer_id

),

explicit_links as (

    select
        links.customer_id,
        links.other_customer_id,
        links.event_at
    from links
    left join splits as first_splits
        on links.customer_id = first_splits.customer_key
    left join splits as second_splits
        on links.other_customer_id = second_splits.customer_key
    where links.status = 'same'
        and (first_splits.customer_key is null or first_splits.event_at < links.event_at)
        and (second_splits.customer_key is null or second_splits.event_at < links.event_at)

),

linking as (

    select
        customer_key,
        address_kind as link_kind,
        address_key as link_value,
        coalesce(first_at, cast('0001-01-01' as timestamp)) as linked_at
    from key_contacts
    where customer_key not in (select splits.customer_key from splits)

    union all

    select
        customer_id as customer_key,
        'link' as link_kind,
        customer_id || ' = ' || other_customer_id as link_value,
        event_at as linked_at
    from explicit_links

    union all

    select
        other_customer_id as customer_key,
        'link' as link_kind,
        customer_id || ' = ' || other_customer_id as link_value,
        event_at as linked_at
    from explicit_links

)

select
    customer_key,
    link_kind,
    link_value,
    -- Two keys are linked when the second of them is.
    greatest(
        linked_at,
        coalesce(
            min(linked_at) over (
                partition by link_kind, link_value
                order by linked_at, customer_key
                rows between unbounded preceding and 1 preceding
            ),
            lead(linked_at) over (
                partition by link_kind, link_value order by linked_at, customer_key
            )
        )
    ) as linked_at,
    count(*) over (partition by link_kind, link_value) as key_count
from linking
{%- if var('identity') == 'key' %}
where false
{%- endif %}
{%- endmacro -%}
