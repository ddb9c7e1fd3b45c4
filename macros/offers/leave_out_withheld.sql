{#
    CTEs that leave of what was `scored` the offers of products that are offered still and not
    withheld; `offered` is the last of them, with all that ranks an offer. Before it stand the
    CTEs of `score_offers` up to `scored`.

    source  customer_id  product_id  score      rounded_score  buyers  price_band  typical_band
    rule    C1           X           0.314  ->  0.31           40      upper       lower
#}
{%- macro leave_out_withheld(as_of) -%}
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

)
{%- endmacro -%}
