with

basket_items as (

    select * from {{ ref('basket_items') }}
    where period = 'mining' and is_counted

),

items as (

    select distinct
        level,
        item_number,
        item,
        item_name
    from {{ ref('basket_products') }}

),

counts as (

    select
        basis,
        level,
        item_number,
        count(*) as baskets
    from basket_items
    group by basis, level, item_number

)

select
    counts.basis,
    counts.level,
    items.item,
    items.item_name,
    counts.item_number,
    counts.baskets
from counts
inner join items
    on counts.level = items.level
    and counts.item_number = items.item_number
