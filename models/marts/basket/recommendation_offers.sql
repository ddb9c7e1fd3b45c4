-- What the method that proved best would offer now; who has too few offers of it
-- gets what is popular in the own segment.
with

chosen_methods as (

    select distinct method from {{ ref('recommendation_evaluations') }}
    where is_chosen

    union

    select 'segment' as method

),

{{ score_offers('current', 'chosen_methods') }},

filled as (

    select
        customer_id,
        product_id
    from offers
    where method <> 'segment'
        and place <= {{ var('recommendations_per_customer') }}

),

-- The segment fills up behind the chosen method, with what that one does not offer.
behind as (

    select
        offers.*,
        case when offers.method = 'segment' then 1 else 0 end as turn_of_method
    from offers
    left join filled
        on offers.method = 'segment'
        and offers.customer_id = filled.customer_id
        and offers.product_id = filled.product_id
    where filled.product_id is null
        and offers.place <= {{ var('recommendations_per_customer') }}

),

ranked as (

    select
        behind.customer_id,
        behind.product_id,
        behind.method,
        behind.source,
        grouped.ground as group_name,
        behind.usual_band,
        behind.score,
        row_number() over (
            partition by behind.customer_id
            order by behind.turn_of_method, behind.place, behind.product_id
        ) as final_place
    from behind
    left join grouped
        on behind.customer_id = grouped.customer_id
        and behind.source = 'popular'
        and grouped.method = case behind.method
            when 'popularity' then 'popularity' else 'segment'
        end
    qualify final_place <= {{ var('recommendations_per_customer') }}

)

select
    customer_id,
    product_id,
    method,
    source,
    group_name,
    usual_band as usual_price_band,
    final_place as place,
    score
from ranked
