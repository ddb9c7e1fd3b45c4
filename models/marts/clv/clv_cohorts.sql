-- What customers are expected to bring within a year, by what they are today and when they came.
with

customers as (

    select * from {{ ref('clv_customers') }}

),

histories as (

    select * from {{ ref('clv_histories') }}
    where period = 'now'

),

scores as (

    select * from {{ ref('rfm_scores') }}
    where basis = 'bought'

),

joined as (

    select
        coalesce(scores.segment, 'no segment') as segment,
        coalesce({{ quarter_label('histories.first_order_day') }}, 'undated') as cohort_quarter,
        -- Sums of decimals do not depend on the order of rows.
        cast(customers.orders_365_days as decimal(18, 6)) as orders_365_days,
        cast(customers.margin_365_days as decimal(18, 4)) as margin_365_days
    from customers
    inner join histories
        on customers.customer_id = histories.customer_id
    left join scores
        on customers.customer_id = scores.customer_id

)

select
    segment,
    cohort_quarter,
    count(*) as customers,
    count(margin_365_days) as customers_predicted,
    cast(sum(orders_365_days) as double) as orders_365_days,
    cast(sum(margin_365_days) as decimal(18, 4)) as margin_365_days,
    {{ ratio('sum(margin_365_days)', 'count(margin_365_days)') }} as mean_margin_365_days
from joined
group by segment, cohort_quarter
