{#
    CTEs that fill up customers with fewer than `most` offers in the relation
    `offers` with what is popular in their segment; `filled` is the last of
    them. Before it stand the CTEs of `score_offers`.

    {{ fill_up_offers('top', 3) }}

    top     customer_id  product_id  place
            C1           X           1

    filled  customer_id  product_id  group_name         final_place  score
            C1           A           the segment Loyal  2            0.25
            C1           B           the segment Loyal  3            0.2
#}
{%- macro fill_up_offers(offers, most) -%}
in_want as (

    select
        customers.customer_id,
        count({{ offers }}.product_id) as offers
    from customers
    left join {{ offers }}
        on customers.customer_id = {{ offers }}.customer_id
    group by customers.customer_id
    having count({{ offers }}.product_id) < {{ most }}

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
    left join {{ offers }}
        on in_want.customer_id = {{ offers }}.customer_id
        and behind.product_id = {{ offers }}.product_id
    where withheld_in_want.product_id is null
        and {{ offers }}.product_id is null
    qualify final_place <= {{ most }}

)
{%- endmacro -%}
