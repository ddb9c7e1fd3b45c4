{#
    A CTE, `alike`, that sums the similarities to the products bought. Before it stand the CTEs
    of `withheld_offers` and the relation `methods`.

    product_id  neighbour_id  similarity      customer_id  product_id  score
    A           X             0.3         ->  C1           X           0.5
    B           X             0.2                                             C1 bought A and B
#}
{%- macro offers_by_cosine(as_of) -%}
alike as (

    select
        own_purchases.customer_id,
        neighbours.neighbour_id as product_id,
        cast(sum(cast(neighbours.similarity as decimal(18, 9))) as double) as score
    from own_purchases
    inner join {{ ref('ml_item_neighbours') }} as neighbours
        on own_purchases.product_id = neighbours.product_id
        and neighbours.as_of = '{{ as_of }}'
    -- Joined, so that nothing is multiplied where the method is not requested.
    inner join methods
        on methods.method = 'cosine'
    group by own_purchases.customer_id, neighbours.neighbour_id

)
{%- endmacro -%}
