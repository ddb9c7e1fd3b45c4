-- The adjusted Rand index from counts of pairs (Hubert and Arabie 1985).
{% set pairs = 'cast({0} as double) * ({0} - 1) / 2' -%}
with

contingency as (

    select * from {{ ref('cluster_contingency') }}

),

cells as (

    select
        compared_with,
        sum(customers) as customers,
        sum({{ pairs.format('customers') }}) as common_pairs
    from contingency
    group by compared_with

),

members as (

    select
        compared_with,
        count(*) as members,
        sum({{ pairs.format('customers') }}) as member_pairs
    from (
        select
            compared_with,
            member,
            sum(customers) as customers
        from contingency
        group by compared_with, member
    ) as sizes
    group by compared_with

),

clusters as (

    select
        compared_with,
        count(*) as clusters,
        sum({{ pairs.format('customers') }}) as cluster_pairs
    from (
        select
            compared_with,
            cluster_key,
            sum(customers) as customers
        from contingency
        group by compared_with, cluster_key
    ) as sizes
    group by compared_with

),

paired as (

    select
        cells.compared_with,
        cast(cells.customers as bigint) as customers,
        members.members,
        clusters.clusters,
        cells.common_pairs,
        (members.member_pairs + clusters.cluster_pairs) / 2 as mean_pairs,
        members.member_pairs * clusters.cluster_pairs as product,
        {{ pairs.format('cells.customers') }} as all_pairs
    from cells
    inner join members
        on cells.compared_with = members.compared_with
    inner join clusters
        on cells.compared_with = clusters.compared_with

)

-- Multiplied before it is divided, so that whole numbers stay whole. Two
-- groupings of one group each, or of single customers, agree.
select
    compared_with,
    customers,
    members,
    clusters,
    cast(coalesce(
        (common_pairs * all_pairs - product)
        / nullif(mean_pairs * all_pairs - product, 0),
        1
    ) as double) as adjusted_rand
from paired
