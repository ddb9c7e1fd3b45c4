-- A rule is mined in the first period and confirmed in the second.
with

rules as (

    select * from {{ ref('ml_association_rules') }}

),

itemsets as (

    select * from {{ ref('frequent_itemsets') }}

),

thresholds as (

    select * from {{ ref('basket_thresholds') }}

),

named as (

    select
        rules.*,
        {{ null_if_nan('rules.validation_lift') }} as known_validation_lift,
        {{ null_if_nan('rules.stratified_lift') }} as known_stratified_lift,
        {{ null_if_nan('rules.stratified_p_value') }} as known_stratified_p_value,
        {{ null_if_nan('rules.validation_stratified_lift') }}
            as known_validation_stratified_lift,
        {{ null_if_nan('rules.improvement') }} as known_improvement,
        {{ null_if_nan('rules.improvement_p_value') }} as known_improvement_p_value,
        antecedents.itemset_name as antecedent_name,
        consequents.itemset_name as consequent_name,
        thresholds.validation_baskets as validation_period_baskets
    from rules
    inner join thresholds
        on rules.basis = thresholds.basis
        and rules.level = thresholds.level
    inner join itemsets as antecedents
        on rules.basis = antecedents.basis
        and rules.level = antecedents.level
        and rules.antecedent = antecedents.itemset
    inner join itemsets as consequents
        on rules.basis = consequents.basis
        and rules.level = consequents.level
        and rules.consequent = consequents.itemset

),

-- Thresholds are inclusive; the tolerance keeps a rule that is exactly at one. Each
-- verdict names the test that failed.
with_verdicts as (

    select
        *,
        case
            when q_value > {{ var('basket_max_q') }} + 1e-9
                then 'may be chance by the Fisher test'
            when lift < {{ var('basket_min_lift') }} - 1e-9
                then 'hardly more than usual'
            when is_redundant then 'adds nothing to a shorter rule'
            when validation_period_baskets = 0 then 'history too short to confirm it'
            when known_stratified_p_value is null
                then 'cannot be tested within strata'
            when stratified_q_value > {{ var('basket_max_q') }} + 1e-9
                then 'may be chance within strata'
            when known_stratified_lift < {{ var('basket_min_lift') }} - 1e-9
                then 'hardly more than expected within strata'
            when known_validation_lift is null or known_validation_stratified_lift is null
                then 'no later baskets to confirm it'
            when known_validation_lift < {{ var('basket_min_lift') }} - 1e-9
                then 'did not hold in later baskets'
            when known_validation_stratified_lift < {{ var('basket_min_lift') }} - 1e-9
                or validation_p_value > {{ var('basket_max_validation_p') }} + 1e-9
                then 'did not hold within strata of later baskets'
            else 'holds in later baskets'
        end as verdict
    from named

)

select
    basis,
    level,
    antecedent,
    consequent,
    antecedent_name,
    consequent_name,
    verdict,
    cast(antecedent_size as bigint) as antecedent_size,
    cast(consequent_size as bigint) as consequent_size,
    cast(baskets as bigint) as baskets,
    cast(antecedent_baskets as bigint) as antecedent_baskets,
    cast(consequent_baskets as bigint) as consequent_baskets,
    cast(validation_baskets as bigint) as validation_baskets,
    cast(stratified_baskets as bigint) as stratified_baskets,
    support,
    confidence,
    lift,
    leverage,
    conviction,
    zhang,
    p_value,
    q_value,
    known_improvement as improvement,
    known_improvement_p_value as improvement_p_value,
    expected_baskets,
    known_stratified_lift as stratified_lift,
    known_stratified_p_value as stratified_p_value,
    stratified_q_value,
    known_validation_lift as validation_lift,
    known_validation_stratified_lift as validation_stratified_lift,
    validation_p_value,
    is_redundant,
    verdict = 'holds in later baskets' as is_usable
from with_verdicts
