{#
    CTEs that score what could be offered as of a day, `evaluation` or `current`, by each
    of the methods that the relation `methods` names; `offers` is the last of them.
    Nothing that the customer bought within the usual time until it is bought again,
    nothing that is no longer offered.

    method              score, which ranks a customer's offers
    rules               1 - (1 - confidence of one rule) x (1 - of the next) x ...,
                        over the usable rules that start from what was bought
    rules_then_segment  rules first, then as segment
    cosine              sum of the similarities to the products bought
    segment             share of the customers of the segment who bought the product
    popularity          share of all customers who did

    Of offers of rules and cosine that are as good to two digits, those in the
    customer's usual price band come first. Sums are of decimals, so that they repeat.
    No more are put in order than are looked at: the ten that are tried on a tested
    period, or as many as a customer gets.
#}
{%- macro score_offers(as_of, methods) -%}
{%- set top = [10, var('recommendations_per_customer')] | max -%}
methods as (

    select method from {{ methods }}

),

-- Asked again and again, and too many to be held meanwhile.
purchases as {{ not_materialized() }} (

    select
        bought.customer_id,
        bought.product_id,
        bought.{{ as_of }}_purchases as purchases,
        cast(floor(
            (as_of_days.{{ as_of }}_seconds - bought.{{ as_of }}_last_seconds) / 86400
        ) as bigint) as days_ago
    from {{ ref('customer_products') }} as bought
    cross join {{ ref('recommendation_days') }} as as_of_days
    where bought.{{ as_of }}_purchases > 0

),

products as (

    select * from {{ ref('recommendation_products') }}
    where as_of = '{{ as_of }}'

),

periods as (

    select * from {{ ref('basket_periods') }}

),

known_segments as (
    {%- if as_of == 'current' %}

    select
        customer_id,
        segment
    from {{ ref('rfm_scores') }}
    where basis = 'bought'
    {%- else %}

    -- The last month end before that day: a later one would know too much.
    select
        month_ends.customer_id,
        month_ends.segment
    from {{ ref('rfm_month_ends') }} as month_ends
    cross join periods
    where month_ends.basis = 'bought'
        and {{ epoch_seconds('month_ends.month_end_date') }}
            <= periods.validation_until_seconds
    qualify month_ends.month_end_date = max(month_ends.month_end_date) over ()
    {%- endif %}

),

-- Everyone who bought, for what is popular; offers are for `customers`.
buyers as (

    select
        bought.customer_id,
        known_segments.segment
    from (select customer_id from purchases group by customer_id) as bought
    left join known_segments
        on bought.customer_id = known_segments.customer_id

),

customers as (

    select customer_id from buyers
    {%- if as_of == 'evaluation' %}
    where customer_id in (
        select orders.customer_id
        from {{ ref('fct_orders') }} as orders
        cross join periods
        where orders.is_bought
            and {{ epoch_seconds('orders.ordered_at') }} > periods.validation_until_seconds
    )
        and {{ hash_bucket("'recommendation_tests|'", 'customer_id') }}
        < 10000 * {{ var('recommendation_test_share') }}
    qualify row_number() over (
        order by {{ hash_bucket("'recommendation_tests|'", 'customer_id') }}, customer_id
    ) <= {{ var('recommendation_test_customers') }}
    {%- endif %}

),

{% if as_of == 'evaluation' -%}
own_purchases as (

    select purchases.*
    from purchases
    inner join customers
        on purchases.customer_id = customers.customer_id

),

{% else -%}
own_purchases as {{ not_materialized() }} (

    select * from purchases

),

{% endif -%}
bands as (

    select
        own_purchases.customer_id,
        products.price_band
    from own_purchases
    inner join products
        on own_purchases.product_id = products.product_id
    group by own_purchases.customer_id, products.price_band
    qualify row_number() over (
        partition by own_purchases.customer_id
        order by sum(own_purchases.purchases) desc, products.price_band
    ) = 1

),

-- Asked more than once, each time for few of the products.
withheld as {{ not_materialized() }} (

    select
        own_purchases.customer_id,
        own_purchases.product_id
    from own_purchases
    inner join products
        on own_purchases.product_id = products.product_id
    where products.repurchase_days is null
        or own_purchases.days_ago < products.repurchase_days

),

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

),

alike as (

    select
        own_purchases.customer_id,
        neighbours.neighbour_id as product_id,
        cast(sum(cast(neighbours.similarity as decimal(18, 9))) as double) as score
    from own_purchases
    inner join {{ ref('ml_item_neighbours') }} as neighbours
        on own_purchases.product_id = neighbours.product_id
        and neighbours.as_of = '{{ as_of }}'
    -- Joined, so that nothing is multiplied where the method is not asked for.
    inner join methods
        on methods.method = 'cosine'
    group by own_purchases.customer_id, neighbours.neighbour_id

),

-- A customer's segment, and all customers.
popular_groups as (

    select
        'segment' as method,
        segment,
        coalesce(
            {{ text('the segment {segment}', segment=label('segment', 'segment')) }},
            {{ text('those without a segment') }}
        ) as reason_code,
        count(*) as customers
    from buyers
    group by segment

    union all

    select
        'popularity' as method,
        cast(null as string) as segment,
        {{ text('all customers') }} as reason_code,
        count(*) as customers
    from buyers

),

asked_groups as (

    select * from popular_groups
    where exists (
        select 1 from methods
        where methods.method = popular_groups.method
            or (
                methods.method = 'rules_then_segment'
                and popular_groups.method = 'segment'
            )
    )

),

grouped as (

    select
        asked_groups.method,
        asked_groups.reason_code,
        buyers.customer_id
    from buyers
    inner join customers
        on buyers.customer_id = customers.customer_id
    inner join asked_groups
        on asked_groups.method = 'popularity'
        or buyers.segment is not distinct from asked_groups.segment

),

{{ rank_popular('popular', 'asked_groups') }},

-- A customer needs as many more of them as are withheld.
withheld_popular as (

    select
        grouped.method,
        grouped.customer_id,
        count(*) as products
    from withheld
    inner join grouped
        on withheld.customer_id = grouped.customer_id
    inner join popular
        on grouped.method = popular.method
        and grouped.reason_code = popular.reason_code
        and withheld.product_id = popular.product_id
    group by grouped.method, grouped.customer_id

),

liked as (

    select
        grouped.method,
        grouped.customer_id,
        popular.product_id,
        {{ ratio('popular.buyers', 'popular.customers') }} as score
    from grouped
    inner join popular
        on grouped.method = popular.method
        and grouped.reason_code = popular.reason_code
    left join withheld_popular
        on grouped.method = withheld_popular.method
        and grouped.customer_id = withheld_popular.customer_id
    where popular.place <= {{ top }} + coalesce(withheld_popular.products, 0)

),

scored as (

    select
        methods.method,
        'rule' as source,
        0 as turn,
        ruled.customer_id,
        ruled.product_id,
        ruled.score
    from ruled
    inner join methods
        on methods.method in ('rules', 'rules_then_segment')

    union all

    select
        'cosine' as method,
        'similar' as source,
        0 as turn,
        customer_id,
        product_id,
        score
    from alike

    union all

    select
        methods.method,
        'popular' as source,
        case when methods.method = 'rules_then_segment' then 1 else 0 end as turn,
        liked.customer_id,
        liked.product_id,
        liked.score
    from liked
    inner join methods
        on liked.method = methods.method
        or (liked.method = 'segment' and methods.method = 'rules_then_segment')

),

-- What no method offers need not be withheld.
offerable as (

    select product_id from popular

    union

    select basket_products.product_id
    from basket_products
    inner join usable
        on basket_products.item = usable.consequent

    union

    select neighbours.neighbour_id as product_id
    from {{ ref('ml_item_neighbours') }} as neighbours
    inner join methods
        on methods.method = 'cosine'
    where neighbours.as_of = '{{ as_of }}'

),

offered as (

    select
        scored.*,
        case when scored.source = 'popular' then scored.score else round(scored.score, 2) end
            as rounded_score,
        products.buyers,
        products.price_band,
        bands.price_band as typical_band
    from scored
    inner join products
        on scored.product_id = products.product_id
        and products.is_offered
    left join bands
        on scored.customer_id = bands.customer_id
    left join (
        select withheld.*
        from withheld
        inner join offerable
            on withheld.product_id = offerable.product_id
    ) as withheld_offers
        on scored.customer_id = withheld_offers.customer_id
        and scored.product_id = withheld_offers.product_id
    where withheld_offers.product_id is null

),

-- Only the top are put in order with all their ties. Of what is popular there are
-- hardly more.
least_scores as (

    select
        method,
        customer_id,
        turn,
        min(rounded_score) as least_score
    from (
        select
            method,
            customer_id,
            turn,
            rounded_score
        from offered
        where source <> 'popular'
        qualify row_number() over (
            partition by method, customer_id, turn order by rounded_score desc
        ) <= {{ top }}
    ) as top
    group by method, customer_id, turn

),

top_offers as (

    select offered.*
    from offered
    inner join least_scores
        on offered.method = least_scores.method
        and offered.customer_id = least_scores.customer_id
        and offered.turn = least_scores.turn
        and offered.rounded_score >= least_scores.least_score
    where offered.source <> 'popular'

    union all

    select * from offered
    where source = 'popular'

),

-- What a rule offers is not offered again behind it.
distinct_offers as (

    select top_offers.*
    from top_offers
    left join top_offers as ruled_offers
        on top_offers.turn = 1
        and ruled_offers.source = 'rule'
        and top_offers.method = ruled_offers.method
        and top_offers.customer_id = ruled_offers.customer_id
        and top_offers.product_id = ruled_offers.product_id
    where ruled_offers.product_id is null

),

offers as (

    select
        *,
        row_number() over (
            partition by method, customer_id
            order by
                turn,
                rounded_score desc,
                case when source <> 'popular' and price_band = typical_band then 0 else 1 end,
                score desc,
                buyers desc,
                product_id
        ) as place
    from distinct_offers

)
{%- endmacro -%}


{#
    CTEs that rank what the groups of a relation buy, of each group the hundred products
    most bought, which are enough to choose from; `name` is the last of them. Who buys what
    is looked up for the segments asked for, and known already of all customers.
#}
{%- macro rank_popular(name, groups) -%}
{{ name }}_in_segments as (

    select
        buyers.segment,
        purchases.product_id,
        count(*) as buyers
    from purchases
    inner join buyers
        on purchases.customer_id = buyers.customer_id
    inner join {{ groups }}
        on {{ groups }}.method = 'segment'
        and buyers.segment is not distinct from {{ groups }}.segment
    group by buyers.segment, purchases.product_id

),

{{ name }}_bought as (

    select
        {{ groups }}.method,
        {{ groups }}.reason_code,
        {{ groups }}.customers,
        {{ name }}_in_segments.product_id,
        {{ name }}_in_segments.buyers
    from {{ name }}_in_segments
    inner join {{ groups }}
        on {{ groups }}.method = 'segment'
        and {{ name }}_in_segments.segment is not distinct from {{ groups }}.segment

    union all

    select
        {{ groups }}.method,
        {{ groups }}.reason_code,
        {{ groups }}.customers,
        products.product_id,
        products.buyers
    from products
    inner join {{ groups }}
        on {{ groups }}.method = 'popularity'
    where products.buyers > 0

),

{{ name }} as (

    select
        bought.*,
        row_number() over (
            partition by bought.method, bought.reason_code
            order by bought.buyers desc, products.buyers desc, products.product_id
        ) as place
    from {{ name }}_bought as bought
    inner join products
        on bought.product_id = products.product_id
        and products.is_offered
    qualify place <= 100

)
{%- endmacro -%}
