-- How much a customer is worth: the margin, or the revenue where costs are
-- unknown; and in which third of the customers each habit lies.
with

scores as (

    select * from {{ ref('activity_scores') }}

),

features as (

    select * from {{ ref('activity_features') }}
    where is_current

),

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'

),

valued as (

    select
        scores.customer_id,
        scores.risk_band,
        scores.p_decline,
        cast(coalesce(totals.margin, totals.revenue, 0) as decimal(18, 4))
            as customer_value,
        features.favourite_category,
        features.discounted_share,
        features.unpaid_items,
        features.pages_per_visit,
        features.latest_minutes
    from scores
    inner join features
        on scores.customer_id = features.customer_id
    left join totals
        on scores.customer_id = totals.customer_id

)

select
    customer_id,
    risk_band,
    case floor(3 * (rank() over (order by customer_value) - 1) / count(*) over ())
        when 0 then 'low'
        when 1 then 'middle'
        else 'high'
    end as value_band,
    favourite_category,
    {%- for feature in [
        'discounted_share', 'unpaid_items', 'pages_per_visit', 'latest_minutes',
    ] %}
    case
        when {{ feature }} is null then 'unknown'
        else case floor(
            3 * (rank() over (
                partition by {{ feature }} is null order by {{ feature }}
            ) - 1)
            / count(*) over (partition by {{ feature }} is null)
        )
            when 0 then 'low'
            when 1 then 'middle'
            else 'high'
        end
    end as {{ feature }}_band,
    {%- endfor %}
    customer_value,
    cast(customer_value * cast(p_decline as decimal(9, 6)) as decimal(18, 4))
        as value_at_risk
from valued
