{#
    Keys that hang together by what they share, as a query: each key with the smallest key of its
    connected component. `links` names a relation with a row per customer_key and link_value.
    Each round looks at the neighbours' smallest key and at that one's own, so that a path of
    n keys takes about log(n) rounds. A component that is not settled after eight, and
    one of more keys than the var person_keys, is not sound.

    customer_key  link_value        customer_key  group_key  is_sound
    A             ann@                A             A          true
    B             ann@         ->     B             A          true
    B             +1415…              C             A          true
    C             +1415…

    {{ connected_keys('links', "link_kind = 'email'") }}
#}
{%- macro connected_keys(links, condition='true') -%}
    {%- set rounds = 8 -%}
    with

    linked as (

        select
            customer_key,
            min(customer_key) over (partition by link_value) as neighbour
        from {{ links }}
        where {{ condition }}

    ),

    edges as (

        select
            customer_key,
            neighbour
        from linked

        union

        select
            neighbour as customer_key,
            customer_key as neighbour
        from linked

        union

        select
            customer_key,
            customer_key as neighbour
        from linked

    ),

    labels_0 as (

        select
            customer_key,
            min(neighbour) as label
        from edges
        group by customer_key

    ),
    {%- for number in range(1, rounds + 1) %}

    near_{{ number }} as (

        select
            edges.customer_key,
            min(labels.label) as label
        from edges
        inner join labels_{{ number - 1 }} as labels
            on edges.neighbour = labels.customer_key
        group by edges.customer_key

    ),

    labels_{{ number }} as (

        select
            near.customer_key,
            least(near.label, labels.label) as label
        from near_{{ number }} as near
        inner join labels_{{ number - 1 }} as labels
            on near.label = labels.customer_key

    ),
    {%- endfor %}

    unsettled as (

        select distinct own.label
        from edges
        inner join labels_{{ rounds }} as own
            on edges.customer_key = own.customer_key
        inner join labels_{{ rounds }} as other
            on edges.neighbour = other.customer_key
        where own.label <> other.label

    )

    select
        customer_key,
        label as group_key,
        count(*) over (partition by label) <= {{ var('person_keys') }}
        and label not in (select unsettled.label from unsettled) as is_sound
    from labels_{{ rounds }}
{%- endmacro -%}
