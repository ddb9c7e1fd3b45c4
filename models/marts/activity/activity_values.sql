-- What a customer will bring in a year, what it would be if they stay active, and the
-- difference. What is expected now is that of lifetime value, by the method that proved best on
-- past days. It is taken to be that part of the margin of an active customer which remains:
--     1 - p_decline * activity_drop_share  where a decline is predicted: it loses that share or
--                                          more, so the least is at risk of one that lasts;
--     p_alive                              of everyone else: whoever has left brings nothing.
{% set least = var('activity_least_remaining') -%}
with

scores as (

    select * from {{ ref('activity_scores') }}

),

features as (

    select * from {{ ref('activity_features') }}
    where is_current

),

lifetimes as (

    select * from {{ ref('clv_customers') }}

),

remaining as (

    select
        scores.*,
        lifetimes.margin_reason,
        lifetimes.reason,
        -- Of what is expected to cost money nothing can be lost.
        case
            when lifetimes.margin_365_days is not null
                then cast(greatest(lifetimes.margin_365_days, 0) as decimal(18, 4))
        end as margin,
        case
            when scores.p_decline is not null then 'p_decline'
            when scores.p_left is not null then 'p_alive'
        end as method,
        greatest(
            coalesce(1 - scores.p_decline * {{ var('activity_drop_share') }}, 1 - scores.p_left),
            {{ least }}
        ) as remaining_share
    from scores
    left join lifetimes
        on scores.customer_id = lifetimes.customer_id

),

valued as (

    select
        remaining.customer_id,
        remaining.risk_band,
        case when remaining.margin is not null then remaining.method end as value_method,
        case
            when remaining.margin is null or remaining.method is null then coalesce(
                remaining.margin_reason,
                remaining.reason,
                {{ text('number of orders is unknown') }}
            )
        end as value_reason,
        remaining.margin as expected_margin,
        case
            when remaining.method is not null
                then cast(remaining.margin / remaining.remaining_share as decimal(18, 4))
        end as customer_value,
        features.favourite_category,
        features.discounted_share,
        features.unpaid_items,
        features.pages_per_visit,
        features.latest_minutes,
        remaining.is_regular
    from remaining
    left join features
        on remaining.customer_id = features.customer_id

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
