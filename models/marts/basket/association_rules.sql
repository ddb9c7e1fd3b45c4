-- A rule is mined in the first period and confirmed in the second.
with

rules as (

    select * from {{ ref('rules') }}

),

itemsets as (

    select * from {{ ref('frequent_itemsets') }}

),

thresholds as (

    select * from {{ ref('basket_thresholds') }}

),

counted_later as (

    select
        rules.*,
        thresholds.basis,
        thresholds.level,
        antecedents.itemset_name as antecedent_name,
        consequents.itemset_name as consequent_name,
        wholes.later_baskets,
        {{ ratio(
            'wholes.later_baskets * thresholds.later_baskets',
            'antecedents.later_baskets * consequents.later_baskets'
        ) }} as later_lift
    from rules
    cross join thresholds
    inner join itemsets as wholes
        on rules.itemset = wholes.itemset
    inner join itemsets as antecedents
        on rules.antecedent = antecedents.itemset
    inner join itemsets as consequents
        on rules.consequent = consequents.itemset

),

-- Thresholds are inclusive; the tolerance keeps a rule that is exactly at one.
judged as (

    select
        *,
        case
            when q_value > {{ var('basket_max_q') }} + 1e-9 then 'may be chance'
            when lift < {{ var('basket_min_lift') }} - 1e-9
                then 'hardly more than usual'
            when later_lift is null then 'no later baskets to confirm it'
            when later_lift < {{ var('basket_min_lift') }} - 1e-9
                then 'did not hold in later baskets'
            else 'holds in later baskets'
        end as verdict
    from counted_later

)

select
    judged.basis,
    judged.level,
    judged.antecedent,
    judged.consequent,
    judged.antecedent_name,
    judged.consequent_name,
    judged.verdict,
    cast(judged.antecedent_size as bigint) as antecedent_size,
    cast(judged.consequent_size as bigint) as consequent_size,
    cast(judged.baskets as bigint) as baskets,
    judged.later_baskets,
    judged.support,
    judged.confidence,
    judged.lift,
    judged.leverage,
    judged.conviction,
    judged.zhang,
    judged.p_value,
    judged.q_value,
    judged.later_lift,
    judged.verdict = 'holds in later baskets' as is_usable
from judged
