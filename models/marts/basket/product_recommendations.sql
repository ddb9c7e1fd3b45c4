-- The best rules that start from what a customer has bought; who has none gets
-- what is popular in the own segment. Nothing that is owned or no longer sold.
with

rules as (

    select * from {{ ref('association_rules') }}
    where is_usable
        and level = 'product'
        and consequent_size = 1

),

rule_items as (

    select
        antecedent,
        antecedent_size,
        unnest(string_split(antecedent, ' + ')) as product_id
    from (
        select
            antecedent,
            antecedent_size
        from rules
        group by antecedent, antecedent_size
    ) as antecedents

),

products as (

    select * from {{ ref('dim_products') }}

),

bought_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_bought

),

margins as (

    select
        product_id,
        avg(bought_margin) as mean_margin
    from bought_lines
    group by product_id

),

owned as (

    select
        customer_id,
        product_id
    from bought_lines
    where customer_id is not null
    group by customer_id, product_id

),

segments as (

    select
        customer_id,
        segment
    from {{ ref('rfm_scores') }}
    where basis = 'bought'

),

held_antecedents as (

    select
        owned.customer_id,
        rule_items.antecedent
    from owned
    inner join rule_items
        on owned.product_id = rule_items.product_id
    group by owned.customer_id, rule_items.antecedent, rule_items.antecedent_size
    having count(*) = rule_items.antecedent_size

),

ruled as (

    select
        held_antecedents.customer_id,
        rules.consequent as product_id,
        rules.antecedent_name,
        rules.confidence,
        rules.lift,
        row_number() over (
            partition by held_antecedents.customer_id, rules.consequent
            order by rules.confidence desc, rules.lift desc, rules.antecedent
        ) as rule_place
    from held_antecedents
    inner join rules
        on held_antecedents.antecedent = rules.antecedent

),

popular as (

    select
        segments.segment,
        owned.product_id,
        count(*) as buyers
    from owned
    inner join segments
        on owned.customer_id = segments.customer_id
    group by segments.segment, owned.product_id

),

ranked_popular as (

    select
        *,
        row_number() over (
            partition by segment order by buyers desc, product_id
        ) as place
    from popular

),

segment_sizes as (

    select
        segment,
        count(*) as customers
    from segments
    group by segment

),

offers as (

    select
        customer_id,
        product_id,
        'rule' as source,
        antecedent_name as ground,
        confidence as share,
        lift
    from ruled
    where rule_place = 1

    union all

    select
        segments.customer_id,
        ranked_popular.product_id,
        'popular' as source,
        segments.segment as ground,
        {{ ratio('ranked_popular.buyers', 'segment_sizes.customers') }} as share,
        cast(null as double) as lift
    from segments
    inner join segment_sizes
        on segments.segment = segment_sizes.segment
    inner join ranked_popular
        on segments.segment = ranked_popular.segment
        and ranked_popular.place <= 50

),

new_offers as (

    select
        offers.*,
        products.product_name
    from offers
    inner join products
        on offers.product_id = products.product_id
        and products.is_active
        and not products.is_service
    left join owned
        on offers.customer_id = owned.customer_id
        and offers.product_id = owned.product_id
    where owned.product_id is null
    qualify row_number() over (
        partition by offers.customer_id, offers.product_id
        order by offers.source desc
    ) = 1

),

wanted as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by source desc, share desc, lift desc, product_id
        ) as rank
    from new_offers

)

select
    wanted.customer_id,
    wanted.product_id,
    wanted.product_name,
    wanted.source,
    case
        when wanted.source = 'rule'
            then 'bought ' || wanted.ground
                || '; of the orders with it '
                || cast(round(100 * wanted.share) as integer)
                || ' % hold ' || coalesce(wanted.product_name, wanted.product_id)
                || ', ' || cast(cast(wanted.lift as decimal(18, 1)) as string)
                || ' times the usual'
        else 'no rule fits; bought by '
            || cast(round(100 * wanted.share) as integer)
            || ' % of the segment ' || wanted.ground
    end as reason,
    cast(wanted.rank as integer) as rank,
    cast(margins.mean_margin as decimal(18, 4)) as expected_margin
from wanted
left join margins
    on wanted.product_id = margins.product_id
where wanted.rank <= {{ var('recommendations_per_customer') }}
