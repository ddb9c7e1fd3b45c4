-- The offers of each list: the variants of the seed list_offers for this dataset, else the one of
-- its definition.
{{ config(materialized='ephemeral') }}
with

lists as (

    select
        *,
        greatest(least(cast(p_not_contacted as double), 1 - 1e-5), 1e-5) as p_without,
        greatest(least(cast(p_contacted as double), 1 - 1e-5), 1e-5) as p_with
    from {{ ref('lists_priced') }}

),

variants as (

    select * from {{ ref('list_offers') }}
    where dataset = {{ string_literal(var('dataset')) }}

)

select
    lists.list_name,
    -- What a message adds to the log-odds where nothing else is known of the list.
    ln(lists.p_with / (1 - lists.p_with)) - ln(lists.p_without / (1 - lists.p_without))
        as assumed_log_odds,
    coalesce(variants.variant, '') as variant,
    coalesce({{ worded('variants.offer') }}, lists.offer) as offer,
    lists.contact_cost,
    cast(coalesce(variants.offer_cost, lists.offer_cost) as decimal(18, 4)) as offer_cost
from lists
left join variants
    on lists.list_name = variants.list_name
