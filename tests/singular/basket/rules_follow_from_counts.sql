-- The measures of each rule, computed again from the counts of its itemsets.
with

rules as (

    select * from {{ ref('association_rules') }}

),

itemsets as (

    select * from {{ ref('frequent_itemsets') }}

),

counted as (

    select
        rules.*,
        cast(thresholds.baskets as double) as n,
        cast(thresholds.validation_baskets as double) as validation_n,
        cast(rules.baskets as double) as a_and_c,
        cast(antecedents.baskets as double) as a,
        cast(consequents.baskets as double) as c,
        antecedents.validation_baskets as validation_a,
        consequents.validation_baskets as validation_c
    from rules
    inner join {{ ref('basket_thresholds') }} as thresholds
        on rules.basis = thresholds.basis
        and rules.level = thresholds.level
    left join itemsets as antecedents
        on rules.basis = antecedents.basis
        and rules.level = antecedents.level
        and rules.antecedent = antecedents.itemset
    left join itemsets as consequents
        on rules.basis = consequents.basis
        and rules.level = consequents.level
        and rules.consequent = consequents.itemset

),

expected as (

    select
        *,
        a_and_c / n as expected_support,
        a_and_c / a as expected_confidence,
        (a_and_c / a) / (c / n) as expected_lift,
        a_and_c / n - (a / n) * (c / n) as expected_leverage,
        case when a_and_c < a then (1 - c / n) / (1 - a_and_c / a) end
            as expected_conviction,
        coalesce(
            (a_and_c / n - (a / n) * (c / n)) / nullif(greatest(
                (a_and_c / n) * (1 - a / n), (a / n) * (c / n - a_and_c / n)
            ), 0),
            0
        ) as expected_zhang,
        (validation_baskets * validation_n) / nullif(validation_a * validation_c, 0) as expected_validation_lift
    from counted

)

select *
from expected
where (abs(support - expected_support) <= 1e-9) is not true
    or (abs(confidence - expected_confidence) <= 1e-9) is not true
    or (abs(lift - expected_lift) <= 1e-9 * expected_lift) is not true
    or (abs(leverage - expected_leverage) <= 1e-9) is not true
    or (
        case
            when expected_conviction is null then isinf(conviction)
            else abs(conviction - expected_conviction) <= 1e-6 * expected_conviction
        end
    ) is not true
    or (abs(zhang - expected_zhang) <= 1e-6) is not true
    or coalesce(abs(validation_lift - expected_validation_lift), 0)
        > 1e-9 * coalesce(expected_validation_lift, 1)
    or (validation_lift is null) <> (expected_validation_lift is null)
