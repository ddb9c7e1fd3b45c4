with

offers as (

    select distinct
        customer_id,
        product_id
    from {{ ref('recommendation_offers') }}

),

basket_products as (

    select * from {{ ref('basket_products') }}
    where level = 'product'

),

usable as (

    select
        *,
        row_number() over (
            order by
                case basis when 'order' then 0 else 1 end,
                confidence desc,
                lift desc,
                basis,
                antecedent,
                consequent
        ) as rule_number
    from {{ ref('association_rules') }}
    where is_usable and level = 'product' and consequent_size = 1

),

rule_items as (

    select
        rule_number,
        {{ row_per_part('antecedent', ' + ') }} as item
    from usable

),

rule_products as (

    select
        rule_items.rule_number,
        basket_products.product_id
    from rule_items
    inner join basket_products
        on rule_items.item = basket_products.item

),

purchases_of_rules as (

    select
        customer_id,
        product_id
    from {{ ref('customer_products') }}
    where current_purchases > 0
        and product_id in (select rule_products.product_id from rule_products)

),

rules_to_offers as (

    select
        offers.customer_id,
        offers.product_id,
        usable.rule_number,
        usable.antecedent_size
    from offers
    inner join basket_products
        on offers.product_id = basket_products.product_id
    inner join usable
        on basket_products.item = usable.consequent

),

held_rules as (

    select
        rules_to_offers.customer_id,
        rules_to_offers.product_id,
        rules_to_offers.rule_number
    from rules_to_offers
    inner join rule_products
        on rules_to_offers.rule_number = rule_products.rule_number
    inner join purchases_of_rules
        on rules_to_offers.customer_id = purchases_of_rules.customer_id
        and rule_products.product_id = purchases_of_rules.product_id
    group by rules_to_offers.customer_id, rules_to_offers.product_id, rules_to_offers.rule_number
    having count(*) = max(rules_to_offers.antecedent_size)

),

first_rules as (

    select
        customer_id,
        product_id,
        min(rule_number) as rule_number
    from held_rules
    group by customer_id, product_id

)

select
    first_rules.customer_id,
    first_rules.product_id,
    usable.basis,
    usable.antecedent_name,
    usable.confidence,
    usable.lift
from first_rules
inner join usable
    on first_rules.rule_number = usable.rule_number
