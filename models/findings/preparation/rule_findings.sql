-- Of rules, pairs alone, and of a pair the surer direction.
{{ config(materialized='ephemeral') }}
with

rules as (

    select * from {{ ref('association_rules') }}
    where is_usable
        and antecedent_size = 1
        and consequent_size = 1
    qualify row_number() over (
        partition by
            basis, level, least(antecedent, consequent), greatest(antecedent, consequent)
        order by confidence desc, antecedent
    ) = 1

),

thresholds as (

    select * from {{ ref('basket_thresholds') }}

)

select
    'association_rules' as source,
    rules.basis || ' ' || rules.level || ': ' || rules.antecedent || ' > ' || rules.consequent
        as subject,
    {{ text(
        'who buys {antecedent} buys {consequent} {lift} times as often as others '
        ~ '({basis}, {level})',
        antecedent='rules.antecedent_name',
        consequent='rules.consequent_name',
        lift=rounded_text('rules.lift'),
        basis=label('basis', 'rules.basis'),
        level=label('level', 'rules.level')
    ) }} as pattern,
    'Fisher''s exact' as test,
    'phi' as effect,
    thresholds.baskets as n,
    rules.leverage / nullif(sqrt(
        (rules.support / rules.confidence) * (1 - rules.support / rules.confidence)
        * (rules.confidence / rules.lift) * (1 - rules.confidence / rules.lift)
    ), 0) as effect_size,
    rules.p_value,
    rules.q_value
from rules
inner join thresholds
    on rules.basis = thresholds.basis
    and rules.level = thresholds.level
