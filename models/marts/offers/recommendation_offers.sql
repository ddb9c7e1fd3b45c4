-- What the method that proved best would offer now; who has too few offers of it
-- gets what is popular in the own segment.
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

in_want as (

    select
        customers.customer_id,
        count(top.product_id) as offers
    from customers
    left join top
        on customers.customer_id = top.customer_id
    group by customers.customer_id
    having count(top.product_id) < {{ most }}

),

wanted_groups as (

    select * from popular_groups
    where method = 'segment'
        and exists (
            select 1 from in_want
            inner join buyers
                on in_want.customer_id = buyers.customer_id
            where buyers.segment is not distinct from popular_groups.segment
        )

),

{{ rank_popular('popular_behind', 'wanted_groups') }},

withheld_in_want as (

    select withheld.*
    from withheld
    inner join in_want
        on withheld.customer_id = in_want.customer_id

),

-- The segment fills up behind the chosen method, with what that one does not offer.
filled as (

    select
        in_want.customer_id,
        behind.product_id,
        behind.reason_code as group_name,
        bands.price_band as typical_band,
        in_want.offers + row_number() over (
            partition by in_want.customer_id order by behind.place
        ) as final_place,
        {{ ratio('behind.buyers', 'behind.customers') }} as score
    from in_want
    inner join buyers
        on in_want.customer_id = buyers.customer_id
    inner join wanted_groups
        on buyers.segment is not distinct from wanted_groups.segment
    inner join popular_behind as behind
        on wanted_groups.reason_code = behind.reason_code
    left join bands
        on in_want.customer_id = bands.customer_id
    left join withheld_in_want
        on in_want.customer_id = withheld_in_want.customer_id
        and behind.product_id = withheld_in_want.product_id
    left join top
        on in_want.customer_id = top.customer_id
        and behind.product_id = top.product_id
    where withheld_in_want.product_id is null
        and top.product_id is null
    qualify final_place <= {{ most }}

)

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
