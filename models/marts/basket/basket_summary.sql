-- What was requested, what resulted, and why there is nothing or less, in a sentence.
with

thresholds as (

    select * from {{ ref('basket_thresholds') }}

),

itemsets as (

    select * from {{ ref('ml_frequent_itemsets') }}

),

itemset_counts as (

    select
        basis,
        level,
        min(min_support) as min_support,
        max(method) filter (where length > 0) as method,
        count(*) filter (where length = 1) as items,
        count(*) filter (where length > 0) as itemsets,
        coalesce(max(length), 0) as longest,
        max(note) filter (where length = 0) as note
    from itemsets
    group by basis, level

),

rule_counts as (

    select
        basis,
        level,
        count(*) as rules,
        count(*) filter (where is_usable) as usable_rules
    from {{ ref('association_rules') }}
    group by basis, level

)

select
    thresholds.basis,
    thresholds.level,
    itemset_counts.method,
    thresholds.history,
    {{ translated('itemset_counts.note', 'baskets') }} as note,
    thresholds.min_support as requested_support,
    itemset_counts.min_support,
    thresholds.min_confidence,
    thresholds.max_length,
    thresholds.baskets,
    thresholds.validation_baskets,
    thresholds.test_baskets,
    thresholds.all_baskets,
    itemset_counts.items,
    itemset_counts.itemsets,
    cast(itemset_counts.longest as bigint) as longest,
    coalesce(rule_counts.rules, 0) as rules,
    coalesce(rule_counts.usable_rules, 0) as usable_rules
from thresholds
inner join itemset_counts
    on thresholds.basis = itemset_counts.basis
    and thresholds.level = itemset_counts.level
left join rule_counts
    on thresholds.basis = rule_counts.basis
    and thresholds.level = rule_counts.level
