-- A label says that activity fell from a typical level. Who has none, and who
-- has one that a single period blew up, would train a model what is not so.
{% set periods = activity_label_periods() -%}
with

validated as (

    {{ validate_input('activity_labels', key=['customer_id', 'as_of_date']) }}

),

period_totals as (

    select * from {{ ref('int_customer_period_totals_validated') }}
    where decision = 'accepted'

),

label_dates as (

    select distinct as_of_date
    from validated
    where decision = 'accepted'

),

last_periods as (

    select
        label_dates.as_of_date,
        periods.period_start
    from label_dates
    inner join (select distinct period_start from period_totals) as periods
        on label_dates.as_of_date > periods.period_start
    qualify row_number() over (
        partition by label_dates.as_of_date order by periods.period_start desc
    ) <= {{ periods }}

),

customers as (

    select distinct customer_id from period_totals

),

excluded as (

    select
        last_periods.as_of_date,
        customers.customer_id,
        {{ joined_text(
            'cast(cast(last_periods.period_start as date) as string)', ', ',
            'last_periods.period_start'
        ) }} filter (where coalesce(period_totals.revenue, 0) <= 0) as silent_periods,
        {{ joined_text(
            'cast(cast(last_periods.period_start as date) as string)', ', ',
            'last_periods.period_start'
        ) }} filter (where period_totals.is_outlier) as outlying_periods
    from last_periods
    cross join customers
    left join period_totals
        on last_periods.period_start = period_totals.period_start
        and customers.customer_id = period_totals.customer_id
    group by last_periods.as_of_date, customers.customer_id

),

reasoned as (

    select
        validated.*,
        case
            when validated.decision = 'accepted'
                then coalesce(
                    {{ text(
                        'customer {customer}: no revenue in the period from {periods}',
                        customer='validated.customer_id', periods='excluded.silent_periods'
                    ) }},
                    {{ text(
                        'customer {customer}: the revenue is an outlier '
                        ~ 'in the period from {periods}',
                        customer='validated.customer_id', periods='excluded.outlying_periods'
                    ) }}
                )
        end as exclusion
    from validated
    left join excluded
        on validated.as_of_date = excluded.as_of_date
        and validated.customer_id = excluded.customer_id

)

select
    source_file,
    source_row,
    {%- for column in var('input_contract')['activity_labels'] %}
    {{ column }},
    {%- endfor %}
    case when exclusion is not null then 'accepted_not_modelled' else decision end
        as decision,
    coalesce(exclusion, decision_reason) as decision_reason
from reasoned
