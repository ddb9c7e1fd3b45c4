-- What shows a customer's taste in the other period.
with

basket_items as (

    select * from {{ ref('basket_items') }}
    where level = '{{ var("basket_levels") | first }}'
        and basis = '{{ var("basket_bases") | first }}'

),

baskets as (

    select * from {{ ref('baskets_sized') }}
    where customer_id is not null

)

select distinct
    baskets.customer_id,
    baskets.period,
    basket_items.item_number
from baskets
inner join basket_items
    on baskets.basket_number = basket_items.basket_number
