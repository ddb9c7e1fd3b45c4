-- Each itemset as it was mined, and how often it stood in the baskets after.
with

itemsets as (

    select * from {{ ref('itemsets') }}

),

later_items as (

    select * from {{ ref('basket_items') }}
    where not is_mined

),

items as (

    select
        itemset,
        length,
        unnest(string_split(itemset, ' + ')) as item
    from itemsets

),

names as (

    select
        items.itemset,
        string_agg(
            coalesce(products.product_name, items.item), ' + ' order by items.item
        ) as itemset_name
    from items
    left join {{ ref('dim_products') }} as products
        on items.item = products.product_id
    group by items.itemset

),

later_baskets as (

    select
        items.itemset,
        later_items.basket_id
    from items
    inner join later_items
        on items.item = later_items.item
    group by items.itemset, items.length, later_items.basket_id
    having count(*) = items.length

),

later_counts as (

    select
        itemset,
        count(*) as later_baskets
    from later_baskets
    group by itemset

)

select
    thresholds.basis,
    thresholds.level,
    itemsets.itemset,
    names.itemset_name,
    cast(itemsets.length as bigint) as length,
    cast(itemsets.max_length as bigint) as max_length,
    cast(itemsets.baskets as bigint) as baskets,
    coalesce(later_counts.later_baskets, 0) as later_baskets,
    itemsets.support
from itemsets
cross join {{ ref('basket_thresholds') }} as thresholds
inner join names
    on itemsets.itemset = names.itemset
left join later_counts
    on itemsets.itemset = later_counts.itemset
