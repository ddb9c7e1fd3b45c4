-- A tenth of the itemsets counted again in the mined baskets, and of each basis and
-- level no more than stand in some millions of them; an itemset meets the support that
-- was used.
with

drawn as (

    select
        *,
        {{ hash_bucket("'recount|'", 'itemset') }} as bucket
    from {{ ref('frequent_itemsets') }}
    {%- if is_reused_and_tested('frequent_itemsets') %}
    where false
    {%- endif %}

),

itemsets as (

    select
        *,
        row_number() over (order by basis, level, itemset) as itemset_number
    from drawn
    where bucket < 1000
    qualify sum(baskets) over (
        partition by basis, level order by bucket, itemset
        rows between unbounded preceding and current row
    ) - baskets < 3000000

),

items as (

    select
        itemset_number,
        basis,
        level,
        length,
        unnest(string_split(itemset, ' + ')) as item
    from itemsets

),

holding_baskets as (

    select
        items.itemset_number,
        basket_items.basket_number
    from items
    inner join {{ ref('basket_item_counts') }} as item_counts
        on items.basis = item_counts.basis
        and items.level = item_counts.level
        and items.item = item_counts.item
    inner join {{ ref('basket_items') }} as basket_items
        on items.basis = basket_items.basis
        and items.level = basket_items.level
        and item_counts.item_number = basket_items.item_number
        and basket_items.period = 'mining'
        and basket_items.is_counted
    group by all
    having count(*) = max(items.length)

),

recounts as (

    select
        itemset_number,
        count(*) as baskets
    from holding_baskets
    group by itemset_number

)

select
    itemsets.basis,
    itemsets.level,
    itemsets.itemset,
    itemsets.baskets,
    recounts.baskets as recounted,
    itemsets.support,
    summary.min_support
from itemsets
inner join {{ ref('basket_summary') }} as summary
    on itemsets.basis = summary.basis
    and itemsets.level = summary.level
left join recounts
    on itemsets.itemset_number = recounts.itemset_number
where recounts.baskets is distinct from itemsets.baskets
    or abs(itemsets.support - itemsets.baskets / summary.baskets) > 1e-9
    or itemsets.support < summary.min_support - 1e-9
