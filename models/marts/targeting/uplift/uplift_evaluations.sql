-- Whether uplift chooses who to contact better than chance, or than who would
-- buy anyway; where too few have bought to tell, how many.
{% set least = var('uplift_min_conversions') -%}
with

customers as (

    select * from {{ ref('uplift_customers') }}

),

rankings as (

    select * from {{ ref('ml_uplift_evaluations') }}

),

conversions as (

    select
        count(distinct customer_id) as customers,
        coalesce(sum(label) filter (where is_treated), 0) as treatment_conversions,
        coalesce(sum(label) filter (where not is_treated), 0) as control_conversions
    from customers

),

contacted as (

    select 'uplift' as ranking

    union all

    select 'response' as ranking

    union all

    select 'uplift less response' as ranking

),

joined as (

    select
        contacted.ranking,
        conversions.customers,
        conversions.treatment_conversions,
        conversions.control_conversions,
        rankings.qini,
        rankings.qini_se,
        rankings.lower_95,
        rankings.upper_95
    from contacted
    cross join conversions
    left join rankings
        on contacted.ranking = rankings.ranking

)

select
    ranking,
    case
        when qini is null then 'not_read'
        when lower_95 > 0 then 'better'
        when upper_95 < 0 then 'worse'
        else 'no_better'
    end as verdict_code,
    case
        when qini is null
            then {{ text(
                'too few conversions: {with} with and {without} without a message; '
                ~ 'an arm takes {least}',
                **{
                    'with': 'treatment_conversions',
                    'without': 'control_conversions',
                    'least': least,
                }
            ) }}
        when lower_95 > 0
            then case ranking
                when 'uplift less response' then {{ text('uplift ranks better than response') }}
                else {{ text('{ranking} ranks better than chance', ranking=label('ranking', 'ranking')) }}
            end
        when upper_95 < 0
            then case ranking
                when 'uplift less response' then {{ text('uplift ranks worse than response') }}
                else {{ text('{ranking} ranks worse than chance', ranking=label('ranking', 'ranking')) }}
            end
        when ranking = 'uplift less response'
            then {{ text('uplift ranks no better than response') }}
        else {{ text('{ranking} ranks no better than chance', ranking=label('ranking', 'ranking')) }}
    end as verdict,
    customers,
    cast(treatment_conversions as bigint) as treatment_conversions,
    cast(control_conversions as bigint) as control_conversions,
    qini,
    qini_se,
    lower_95,
    upper_95,
    coalesce(lower_95 > 0, false) as is_better
from joined
