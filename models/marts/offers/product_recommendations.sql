-- Why each offer: the surest usable rule that leads to it, else the most similar
-- product that the customer bought, else what the segment buys.
with

offers as (

    select * from {{ ref('recommendation_offers') }}

),

-- Asked more than once, and too many to be held meanwhile.
purchases as {{ not_materialized() }} (

    select * from {{ ref('customer_products') }}
    where current_purchases > 0

),

products as (

    select * from {{ ref('recommendation_products') }}
    where as_of = 'current'

),

basket_products as (

    select * from {{ ref('basket_products') }}
    where level = 'product'

),

-- By what they say: what goes together in one order says more than what one customer
-- buys in months.
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
    where is_usable
        and level = 'product'
        and consequent_size = 1

),

rule_items as (

    select
        rule_number,
        unnest(string_split(antecedent, ' + ')) as item
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

-- Few products start a rule.
purchases_of_rules as (

    select
        customer_id,
        product_id
    from purchases
    where product_id in (select rule_products.product_id from rule_products)

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
    group by
        rules_to_offers.customer_id,
        rules_to_offers.product_id,
        rules_to_offers.rule_number,
        rules_to_offers.antecedent_size
    having count(*) = rules_to_offers.antecedent_size

),

first_rules as (

    select
        customer_id,
        product_id,
        min(rule_number) as rule_number
    from held_rules
    group by customer_id, product_id

),

rule_sources as (

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

),

-- From purchases to neighbours: a product that everybody buys is like thousands, so
-- the other way round there would be thousands of rows for each offer.
neighbours_of_bought as (

    select
        purchases.customer_id,
        neighbours.neighbour_id as product_id,
        neighbours.product_id as source_id,
        neighbours.similarity
    from purchases
    inner join {{ ref('ml_item_neighbours') }} as neighbours
        on purchases.product_id = neighbours.product_id
        and neighbours.as_of = 'current'
    where exists (
        select 1 from offers
        where offers.source = 'similar'
            and purchases.customer_id = offers.customer_id
            and neighbours.neighbour_id = offers.product_id
    )

),

most_similar as (

    select
        customer_id,
        product_id,
        min_by(source_id, (-similarity, source_id)) as source_id,
        max(similarity) as similarity
    from neighbours_of_bought
    group by customer_id, product_id

),

similar_sources as (

    select
        most_similar.customer_id,
        most_similar.product_id,
        coalesce(sources.product_name, sources.product_id) as source_name,
        most_similar.similarity
    from most_similar
    inner join products as sources
        on most_similar.source_id = sources.product_id

),

grounded as (

    select
        offers.*,
        products.product_name,
        products.price_band,
        products.mean_margin,
        coalesce(products.product_name, products.product_id) as known_name,
        rule_sources.basis as rule_basis,
        rule_sources.antecedent_name,
        rule_sources.lift,
        similar_sources.source_name,
        purchases.product_id is null as is_new,
        case
            when rule_sources.basis is not null then 'rule'
            else offers.source
        end as reason_code,
        case
            when rule_sources.basis is not null then rule_sources.confidence
            when offers.source = 'similar' then similar_sources.similarity
            else offers.score
        end as share,
        case
            when products.price_band = offers.typical_price_band then 'in'
            when products.price_band = 'lower' or offers.typical_price_band = 'upper'
                then 'below'
            else 'above'
        end as band_fit
    from offers
    inner join products
        on offers.product_id = products.product_id
    left join purchases
        on offers.customer_id = purchases.customer_id
        and offers.product_id = purchases.product_id
    left join rule_sources
        on offers.customer_id = rule_sources.customer_id
        and offers.product_id = rule_sources.product_id
    left join similar_sources
        on offers.customer_id = similar_sources.customer_id
        and offers.product_id = similar_sources.product_id

)

select
    customer_id,
    product_id,
    product_name,
    method,
    reason_code as source,
    rule_basis,
    case reason_code
        when 'rule' then case rule_basis
            when 'customer' then {{ text(
                'bought {known}; of those who did, {share} buy {offered}, {lift} times the usual',
                known='antecedent_name',
                share=percent_text('share'),
                offered='known_name',
                lift=rounded_text('lift')
            ) }}
            else {{ text(
                'bought {known}; of the orders with it, {share} hold {offered}, '
                ~ '{lift} times the usual',
                known='antecedent_name',
                share=percent_text('share'),
                offered='known_name',
                lift=rounded_text('lift')
            ) }}
        end
        when 'similar' then {{ text(
            'bought {known}, and the same customers buy {offered} (similarity {similarity})',
            known='source_name',
            offered='known_name',
            similarity='cast(cast(share as decimal(18, 2)) as string)'
        ) }}
        else case method
            when 'popularity' then {{ text(
                'popular: bought by {share} of {group}',
                share=percent_text('share'), group='group_name'
            ) }}
            else {{ text(
                'no rule fits; bought by {share} of {group}',
                share=percent_text('share'), group='group_name'
            ) }}
        end
    end || case band_fit
        when 'in' then {{ text('; in the usual price band') }}
        when 'below' then {{ text('; below the usual price band') }}
        else {{ text('; above the usual price band') }}
    end as reason,
    price_band,
    typical_price_band,
    cast(place as integer) as rank,
    share,
    lift,
    mean_margin as line_margin,
    cast(mean_margin * share as decimal(18, 4)) as expected_margin,
    is_new
from grounded
