-- Who are the customers of high value and high risk, unlike the other regular
-- customers, and what can the shop do for them?
with

customers as (

    select * from {{ ref('activity_values') }}
    where is_regular

),

suggestions as (

    select * from {{ ref('risk_suggestions') }}

),

habits as (

    {% for dimension in [
        'favourite_category', 'discounted_share', 'unpaid_items', 'pages_per_visit',
        'latest_minutes',
    ] -%}
    select
        '{{ dimension }}' as dimension,
        {% if dimension == 'favourite_category' -%}
        coalesce(favourite_category, 'unknown') as member,
        {% else -%}
        {{ dimension }}_band as member,
        {% endif -%}
        coalesce(value_band = 'high' and risk_band = 'high', false) as is_in_segment,
        customer_value,
        value_at_risk
    from customers
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

counted as (

    select
        dimension,
        member,
        count(*) filter (where is_in_segment) as customers,
        count(*) filter (where not is_in_segment) as other_customers,
        sum(customer_value) filter (where is_in_segment) as customer_value,
        sum(value_at_risk) filter (where is_in_segment) as value_at_risk
    from habits
    group by dimension, member

),

shared as (

    select
        *,
        {{ ratio('customers', 'sum(customers) over (partition by dimension)') }}
            as segment_share,
        {{ ratio(
            'other_customers', 'sum(other_customers) over (partition by dimension)'
        ) }} as other_share
    from counted

)

select
    shared.dimension,
    shared.member,
    {{ worded('suggestions.suggestion') }} as suggestion,
    shared.customers,
    shared.other_customers,
    shared.segment_share,
    shared.other_share,
    shared.segment_share / nullif(shared.other_share, 0) as share_ratio,
    cast(coalesce(shared.customer_value, 0) as decimal(18, 4)) as customer_value,
    case
        when shared.customers = 0 then cast(0 as decimal(18, 4))
        else cast(shared.value_at_risk as decimal(18, 4))
    end as value_at_risk
from shared
left join suggestions
    on shared.dimension = suggestions.dimension
    and (suggestions.member in (shared.member, 'any'))
