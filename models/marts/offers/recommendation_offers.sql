-- What the method that proved best would offer now; customers with too few get
-- what is popular in their segment.
{% set most = var('recommendations_per_customer') -%}
with

chosen_methods as (

    select distinct method from {{ ref('recommendation_evaluations') }}
    where is_chosen

),

{{ score_offers('current', 'chosen_methods') }},

top as (

    select
        offers.customer_id,
        offers.product_id,
        offers.method,
        offers.source,
        grouped.reason_code as group_name,
        offers.typical_band,
        offers.place,
        offers.score
    from offers
    left join grouped
        on offers.customer_id = grouped.customer_id
        and offers.source = 'popular'
        and grouped.method = case offers.method
            when 'popularity' then 'popularity' else 'segment'
        end
    where offers.place <= {{ most }}

),

{{ fill_up_offers('top', most) }}

select
    customer_id,
    product_id,
    method,
    source,
    group_name,
    typical_band as typical_price_band,
    place,
    score
from top

union all

select
    customer_id,
    product_id,
    'segment' as method,
    'popular' as source,
    group_name,
    typical_band as typical_price_band,
    final_place as place,
    score
from filled
