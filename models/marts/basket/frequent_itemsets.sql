with

itemsets as (

    select * from {{ ref('ml_frequent_itemsets') }}
    where length > 0

),

items as (

    select
        basis,
        level,
        itemset,
        {{ row_per_part('itemset', ' + ') }} as item
    from itemsets

),

item_counts as (

    select * from {{ ref('basket_item_counts') }}

),

names as (

    select
        items.basis,
        items.level,
        items.itemset,
        {{ joined_text('item_counts.item_name', ' + ', 'items.item') }} as itemset_name
    from items
    inner join item_counts
        on items.basis = item_counts.basis
        and items.level = item_counts.level
        and items.item = item_counts.item
    group by items.basis, items.level, items.itemset

),

-- Of a simple random sample of n of N baskets an interval has the width of one of
-- n (N - 1) / (N - n) baskets drawn with replacement; of all of them it has none.
samples as (

    select
        basis,
        level,
        baskets
            * (cast(all_baskets as double) - 1)
            / nullif(all_baskets - baskets, 0) as worth_baskets
    from {{ ref('basket_thresholds') }}

)

select
    itemsets.basis,
    itemsets.level,
    itemsets.itemset,
    names.itemset_name,
    itemsets.method,
    cast(itemsets.length as bigint) as length,
    cast(itemsets.baskets as bigint) as baskets,
    cast(itemsets.validation_baskets as bigint) as validation_baskets,
    itemsets.support,
    case
        when samples.worth_baskets is null then itemsets.support
        else {{ wilson_bound(
            'itemsets.support * samples.worth_baskets', 'samples.worth_baskets', 'lower'
        ) }}
    end as lower_95,
    case
        when samples.worth_baskets is null then itemsets.support
        else {{ wilson_bound(
            'itemsets.support * samples.worth_baskets', 'samples.worth_baskets', 'upper'
        ) }}
    end as upper_95
from itemsets
inner join names
    on itemsets.basis = names.basis
    and itemsets.level = names.level
    and itemsets.itemset = names.itemset
inner join samples
    on itemsets.basis = samples.basis
    and itemsets.level = samples.level
