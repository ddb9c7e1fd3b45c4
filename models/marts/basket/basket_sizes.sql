-- Large baskets hold everything more often; rules are judged beyond that.
with

basket_items as (

    select * from {{ ref('basket_items') }}
    where period <> 'tested'

),

baskets as (

    select
        basis,
        level,
        period,
        basket_number,
        count(*) as size
    from basket_items
    group by basis, level, period, basket_number

)

select
    basis,
    level,
    period,
    size,
    count(*) as baskets
from baskets
group by basis, level, period, size
