-- Spend that is known by month alone: whoever spent before and has no row in a
-- month spent nothing in it.
with

cutoffs as (

    select * from {{ ref('cutoffs_used') }}

),

period_totals as (

    select * from {{ by_person('customer_period_totals') }} as customer_period_totals
    where decision = 'accepted'

),

months as (

    select distinct period_start from period_totals

),

spend_months as (

    select
        cutoffs.number,
        months.period_start,
        row_number() over (
            partition by cutoffs.number order by months.period_start desc
        ) as months_back
    from cutoffs
    inner join months
        on cutoffs.cutoff_at >= months.period_start + interval '1 month'

),

spenders as (

    select
        customer_id,
        min(period_start) as first_spent_at
    from period_totals
    group by customer_id

),

monthly_spend as (

    select
        spend_months.number,
        spend_months.months_back,
        spenders.customer_id,
        case
            when period_totals.customer_id is null then 0
            else period_totals.revenue
        end as revenue
    from spend_months
    inner join spenders
        on spend_months.period_start >= spenders.first_spent_at
    left join period_totals
        on spenders.customer_id = period_totals.customer_id
        and spend_months.period_start = period_totals.period_start
    where spend_months.months_back <= 6

),

spend as (

    select
        number,
        customer_id,
        count(*) as known_months,
        sum(revenue) as known_spend,
        cast(sum(revenue) filter (where months_back = 1) as double) as last_spend,
        cast(sum(revenue) filter (where months_back = 2) as double) as previous_spend,
        {{ ratio(
            'sum(revenue) filter (where months_back > 1)',
            'count(revenue) filter (where months_back > 1)',
        ) }} as typical_spend,
        {{ ratio(
            'sum(revenue) filter (where months_back > 2)',
            'count(revenue) filter (where months_back > 2)',
        ) }} as earlier_spend
    from monthly_spend
    group by number, customer_id

)

select
    number,
    customer_id,
    known_months,
    known_spend,
    last_spend,
    typical_spend,
    last_spend / nullif(typical_spend, 0) as spend_trend,
    previous_spend / nullif(earlier_spend, 0) as earlier_spend_trend
from spend
