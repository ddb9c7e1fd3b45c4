{#
    CTEs that score by the usable rules that start from what was bought; `ruled` is the last of
    them. The rules are taken as if they were independent. Before it stand the CTEs of
    `withheld_offers` and the relation `methods`.

    antecedent  consequent  confidence      customer_id  product_id  score
    A           X           0.5         ->  C1           X           0.7
    A + B       X           0.4                                             C1 bought A and B
#}
{%- macro offers_by_rules() -%}
usable as (

    select
        *,
        {{ dbt.concat(['basis', "' '", 'antecedent']) }} as start
    from {{ ref('association_rules') }}
    where is_usable
        and level = 'product'
        and consequent_size = 1

),

rule_items as (

    select
        start,
        antecedent_size,
        unnest(string_split(antecedent, ' + ')) as item
    from (select distinct start, antecedent, antecedent_size from usable) as starts

),

basket_products as (

    select * from {{ ref('basket_products') }}
    where level = 'product'

),

held as (

    select
        own_purchases.customer_id,
        rule_items.start
    from own_purchases
    inner join basket_products
        on own_purchases.product_id = basket_products.product_id
    inner join rule_items
        on basket_products.item = rule_items.item
    group by own_purchases.customer_id, rule_items.start, rule_items.antecedent_size
    having count(distinct rule_items.item) = rule_items.antecedent_size

),

ruled as (

    select
        held.customer_id,
        basket_products.product_id,
        1 - exp(cast(
            sum(cast(ln(1 - least(usable.confidence, 0.999999)) as decimal(18, 9)))
            as double
        )) as score
    from held
    inner join usable
        on held.start = usable.start
    inner join basket_products
        on usable.consequent = basket_products.item
    where exists (
        select 1 from methods where method in ('rules', 'rules_then_segment')
    )
    group by held.customer_id, basket_products.product_id

)
{%- endmacro -%}
