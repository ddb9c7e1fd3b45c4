-- Each itemset counted anew in the mined orders; an itemset meets the support
-- and is no more frequent than any of its items.
with

itemsets as (

    select * from {{ ref('frequent_itemsets') }}

),

items as (

    select
        itemset,
        length,
        unnest(string_split(itemset, ' + ')) as item
    from itemsets

),

item_counts as (

    select
        item,
        count(*) as baskets
    from {{ ref('basket_items') }}
    where is_mined
    group by item

),

holding_baskets as (

    select
        items.itemset,
        basket_items.basket_id
    from items
    inner join {{ ref('basket_items') }} as basket_items
        on items.item = basket_items.item
    where basket_items.is_mined
    group by items.itemset, items.length, basket_items.basket_id
    having count(*) = items.length

),

recounts as (

    select
        itemset,
        count(*) as baskets
    from holding_baskets
    group by itemset

),

rarest_items as (

    select
        items.itemset,
        min(item_counts.baskets) as baskets
    from items
    left join item_counts
        on items.item = item_counts.item
    group by items.itemset

)

select
    itemsets.itemset,
    itemsets.baskets,
    recounts.baskets as recounted,
    rarest_items.baskets as of_rarest_item,
    itemsets.support,
    thresholds.min_support
from itemsets
cross join {{ ref('basket_thresholds') }} as thresholds
left join recounts
    on itemsets.itemset = recounts.itemset
left join rarest_items
    on itemsets.itemset = rarest_items.itemset
where recounts.baskets is distinct from itemsets.baskets
    or (rarest_items.baskets >= itemsets.baskets) is not true
    or abs(itemsets.support - itemsets.baskets / thresholds.baskets) > 1e-9
    or itemsets.support < thresholds.min_support - 1e-9
