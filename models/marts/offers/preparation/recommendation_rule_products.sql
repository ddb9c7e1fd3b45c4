-- The rules between products that may be used at a moment: when the validation period begins
-- those that were mined by then, later those that it confirmed.
{{ config(materialized='table_in_place') }}
with

as_of_days as (

    select * from {{ ref('recommendation_as_of_days') }}

),

rules as (

    select
        *,
        cast(row_number() over (order by basis, antecedent, consequent) as bigint) as rule_number
    from {{ ref('association_rules') }}
    where level = 'product'
        and consequent_size = 1
        and verdict in (
            'no later baskets to confirm it',
            'did not hold in later baskets',
            'did not hold within strata of later baskets',
            'holds in later baskets'
        )

),

basket_products as (

    select * from {{ ref('basket_products') }}
    where level = 'product'

),

rule_items as (

    select
        rule_number,
        {{ row_per_part('antecedent', ' + ') }} as item
    from rules

)

select
    as_of_days.as_of,
    rules.rule_number,
    starts.product_id as antecedent_id,
    consequents.product_id as consequent_id,
    rules.confidence
from rules
inner join rule_items
    on rules.rule_number = rule_items.rule_number
inner join basket_products as starts
    on rule_items.item = starts.item
inner join basket_products as consequents
    on rules.consequent = consequents.item
inner join as_of_days
    on as_of_days.as_of = 'validation'
    or rules.is_usable
