-- Large baskets hold everything more often; rules are judged beyond that. Also at a
-- level of categories a basket is as large as its products are many: nine of them
-- draw nine times, though they be of three categories.
with

basket_items as (

    select * from {{ ref('int_basket_items') }}
    where level = '{{ var("basket_levels") | first }}'

),

baskets as (

    select
        basis,
        period,
        basket_number,
        count(*) as size
    from basket_items
    group by basis, period, basket_number

)

select
    basis,
    period,
    size,
    count(*) as baskets
from baskets
group by basis, period, size
