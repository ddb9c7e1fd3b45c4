-- What a customer will bring in a year, what it would be if they stay active, and the
-- difference, with the third of the customers in which each habit lies.
with

margins as (

    select * from {{ ref('activity_margins') }}

),

features as (

    select * from {{ ref('activity_features') }}
    where is_current

),

valued as (

    select
        margins.customer_id,
        margins.risk_band,
        margins.value_method,
        case
            when margins.value_method is null then coalesce(
                margins.margin_reason,
                margins.reason,
                {{ text('number of orders is unknown') }}
            )
        end as value_reason,
        margins.expected_margin,
        case
            when margins.value_method = 'recorded'
                then cast(greatest(margins.recorded_margin, 0) as decimal(18, 4))
            when margins.value_method is not null
                then cast(margins.expected_margin / margins.remaining_share as decimal(18, 4))
        end as customer_value,
        features.favourite_category,
        features.discounted_share,
        features.unpaid_items,
        features.pages_per_visit,
        features.latest_minutes,
        margins.is_regular
    from margins
    left join features
        on margins.customer_id = features.customer_id

)

select
    customer_id,
    risk_band,
    {%- for measure in [
        'customer_value', 'discounted_share', 'unpaid_items', 'pages_per_visit',
        'latest_minutes',
    ] %}
    {%- if measure == 'discounted_share' %}
    favourite_category,
    {%- endif %}
    case
        when {{ measure }} is null then 'unknown'
        else case floor(
            3 * (rank() over (
                partition by {{ measure }} is null order by {{ measure }}
            ) - 1)
            / count(*) over (partition by {{ measure }} is null)
        )
            when 0 then 'low'
            when 1 then 'middle'
            else 'high'
        end
    end as {{ 'value' if measure == 'customer_value' else measure }}_band,
    {%- endfor %}
    value_method,
    value_reason,
    expected_margin,
    customer_value,
    cast(customer_value - expected_margin as decimal(18, 4)) as value_at_risk,
    is_regular
from valued
