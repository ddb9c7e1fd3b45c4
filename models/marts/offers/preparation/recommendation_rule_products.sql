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
        row_number() over (order by basis, antecedent, consequent) as rule_number
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
        unnest(string_split(antecedent, ' + ')) as item
    from rules

),

antecedents as (

    select
        rule_items.rule_number,
        list(basket_products.product_id order by basket_products.product_id) as antecedents
    from rule_items
    inner join basket_products
        on rule_items.item = basket_products.item
    group by rule_items.rule_number

)

select
    as_of_days.as_of,
    rules.rule_number,
    antecedents.antecedents,
    consequents.product_id as consequent,
    rules.confidence
from rules
inner join antecedents
    on rules.rule_number = antecedents.rule_number
inner join basket_products as consequents
    on rules.consequent = consequents.item
inner join as_of_days
    on as_of_days.as_of = 'validation'
    or rules.is_usable
