{#
    CTEs that score by the share of a group's customers who bought a product, the customers of
    the segment or all; `liked` is the last of them, `top` how many a customer may get. Before
    it stand the CTEs of `withheld_offers` and the relation `methods`.

    method      segment  buyers  customers      method      customer_id  product_id  score
    segment     Loyal    5       20         ->  segment     C1           A           0.25
    popularity           10      100            popularity  C1           A           0.1
#}
{%- macro offers_by_popularity(top) -%}
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

)
{%- endmacro -%}
