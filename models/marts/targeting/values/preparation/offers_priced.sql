-- The offers of each list: the variants of the seed list_offers for this dataset, else the one of
-- its definition.
{{ config(materialized='ephemeral') }}
with

lists as (

    select * from {{ ref('lists_priced') }}

),

variants as (

    select * from {{ ref('list_offers') }}
    where dataset = {{ string_literal(var('dataset')) }}

)

select
    lists.list_name,
    coalesce(variants.variant, '') as variant,
    coalesce({{ worded('variants.offer') }}, lists.offer) as offer,
    lists.contact_cost,
    cast(coalesce(variants.offer_cost, lists.offer_cost) as decimal(18, 4)) as offer_cost
from lists
left join variants
    on lists.list_name = variants.list_name
