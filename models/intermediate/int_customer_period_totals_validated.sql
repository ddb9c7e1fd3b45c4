with

validated as (

    {{ validate_input('customer_period_totals', key=['customer_id', 'period_start']) }}

),

quartiles as (

    select
        period_start,
        {{ percentile('ln(cast(revenue as double))', 0.25) }} as first_quartile,
        {{ percentile('ln(cast(revenue as double))', 0.75) }} as third_quartile
    from validated
    where decision = 'accepted'
        and revenue > 0
    group by period_start
    having count(*) >= 20

),

-- Spending is skewed: on a logarithmic scale large is not yet strange.
flagged as (

    select
        validated.*,
        coalesce(
            validated.decision = 'accepted'
            and validated.revenue > 0
            and ln(cast(nullif(greatest(validated.revenue, 0), 0) as double))
                > 4 * quartiles.third_quartile - 3 * quartiles.first_quartile,
            false
        ) as is_outlier
    from validated
    left join quartiles
        on validated.period_start = quartiles.period_start

)

select
    source_file,
    source_row,
    {%- for column in var('input_contract')['customer_period_totals'] %}
    {{ column }},
    {%- endfor %}
    decision,
    case
        when is_outlier
            then {{ text(
                'outlier: revenue {revenue} is far above the rest of the period',
                revenue='cast(revenue as decimal(18, 2))'
            ) }}
        else decision_reason
    end as decision_reason,
    is_outlier
from flagged
