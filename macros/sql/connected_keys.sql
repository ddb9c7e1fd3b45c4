{#
    Keys that hang together by what they share, as a query: each key with the smallest key of its
    connected component. `links` names a relation with a row per customer_key and link_value.
    A key takes over the smallest key that a neighbour has, round by round, at most twice as
    often as a person may have keys; where the keys then do not agree, and where they are more than
    the var person_keys, the component is not sound.

    customer_key  link_value        customer_key  group_key  is_sound
    A             ann@                A             A          true
    B             ann@         ->     B             A          true
    B             +1415…              C             A          true
    C             +1415…

    {{ connected_keys('links', "link_kind = 'email'") }}
#}
{%- macro connected_keys(links, condition=none) -%}
    with recursive

    linked as {{ materialized() }} (

        select
            customer_key,
            min(customer_key) over (partition by link_value) as neighbour
        from {{ links }}
        {%- if condition %}
        where {{ condition }}
        {%- endif %}

    ),

    edges as {{ materialized() }} (

        select
            customer_key,
            neighbour
        from linked

        union

        select
            neighbour as customer_key,
            customer_key as neighbour
        from linked

    ),

    -- One row per key, which each round may replace; the next round looks at what it replaced.
    labels (customer_key, label, round) using key (customer_key) as (

        select
            customer_key,
            min(least(customer_key, neighbour)) as label,
            0 as round
        from edges
        group by customer_key

        union

        select
            edges.customer_key,
            min(labels.label) as label,
            any_value(labels.round) + 1 as round
        from labels
        inner join edges
            on labels.customer_key = edges.neighbour
        inner join recurring.labels as known
            on edges.customer_key = known.customer_key
        where labels.label < known.label
            and labels.round < {{ 2 * var('person_keys') }}
        group by edges.customer_key

    ),

    settled as {{ materialized() }} (

        select
            customer_key,
            label
        from labels

    ),

    unsettled as (

        select distinct own.label
        from edges
        inner join settled as own
            on edges.customer_key = own.customer_key
        inner join settled as other
            on edges.neighbour = other.customer_key
        where own.label <> other.label

    )

    select
        customer_key,
        label as group_key,
        count(*) over (partition by label) <= {{ var('person_keys') }}
        and label not in (select unsettled.label from unsettled) as is_sound
    from settled
{%- endmacro -%}
