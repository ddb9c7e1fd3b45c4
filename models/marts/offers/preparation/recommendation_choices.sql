-- For each regime the validation period chooses the method with the highest mean average precision
-- at 5, if it is ahead of popularity by more than chance: by more standard errors than the
-- luckiest of the settings tried reaches in five of a hundred shops without any truth (normal,
-- Bonferroni: one in six hundred), on enough customers for that to be known.
{% set chance_factor = 2.95 -%}
{% set least_customers = 30 -%}
with

methods as (

    select * from {{ ref('recommendation_methods') }}

),

validated as (

    select
        *,
        customers >= {{ least_customers }} and gain > {{ chance_factor }} * gain_se
            as is_ahead
    from {{ ref('recommendation_measures') }}
    where period = 'validation'
        and k = 5

)

select
    methods.regime,
    methods.method,
    row_number() over (
        partition by methods.regime
        order by
            coalesce(validated.is_ahead, false) desc,
            case when validated.is_ahead
                then validated.mean_average_precision end desc nulls last,
            validated.customers is null,
            case
                when validated.customers is null
                    then cast(methods.method <> 'rules_then_segment' as integer)
                else methods.simplicity
            end
    ) = 1 as is_chosen,
    validated.customers is not null as is_tested
from methods
left join validated
    on methods.regime = validated.regime
    and methods.method = validated.method
where methods.period = 'validation'
    and methods.k = 5
