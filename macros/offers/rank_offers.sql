{#
    CTEs that rank what is `offered` (`leave_out_withheld`), each product once; `offers` is the
    last of them. Among offers from rules and cosine that are equal to two
    digits, those in the customer's typical price band come first. No more than
    `top` are put in order.

    method  customer_id  product_id  score  price_band  typical_band      place
    cosine  C1           X           0.314  upper       lower         ->  2
    cosine  C1           Y           0.311  lower       lower             1
#}
{%- macro rank_offers(top) -%}
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
