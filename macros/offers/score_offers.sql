{#
    CTEs that score what could be offered as of a day, `evaluation` or `current`, by each
    of the methods that the relation `methods` names; `offers` is the last of them.
    Nothing that the customer bought within the typical repurchase gap, nothing
    that is no longer offered.

    method              score, which ranks a customer's offers
    rules               1 - (1 - confidence of one rule) x (1 - of the next) x ...,
                        over the usable rules that start from what was bought
    rules_then_segment  rules first, then as segment
    cosine              sum of the similarities to the products bought
    segment             share of the customers of the segment who bought the product
    popularity          share of all customers who did

    Sums are of decimals, so that they repeat. No more are ranked than are used:
    the ten that are tested on a test period, or as many as a customer gets.

    {{ score_offers('current', 'chosen_methods') }}
        ->  methods as (…), purchases as (…), …, offers as (…)

    method  source  customer_id  product_id  score  typical_band  place
    cosine  similar C1           X           0.31   lower         1
#}
{%- macro score_offers(as_of, methods) -%}
{%- set top = [10, var('recommendations_per_customer')] | max -%}
methods as (

    select method from {{ methods }}

),

{{ offer_customers(as_of) }},

{{ withheld_offers(as_of) }},

{{ offers_by_rules() }},

{{ offers_by_cosine(as_of) }},

{{ offers_by_popularity(top) }},

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

{{ leave_out_withheld(as_of) }},

{{ rank_offers(top) }}
{%- endmacro -%}
