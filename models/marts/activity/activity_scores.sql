-- Where nothing can be learned, or no score tells customers apart, the rule
-- decides: how long the silence is, counted in the customer's own usual gaps.
-- A message pays from the probability at which it costs less than what it may
-- save (Elkan 2001, The foundations of cost-sensitive learning, IJCAI).
{% set high_risk = var('activity_false_alarm_cost')
    / (var('activity_false_alarm_cost') + var('activity_miss_cost')) -%}
with

features as (

    select * from {{ ref('activity_features') }}
    where is_current

),

scores as (

    select * from {{ ref('classifier') }}
    where model not in ('majority', 'none')

),

words as (

    select * from {{ ref('feature_words') }}

),

joined as (

    select
        features.customer_id,
        scores.model,
        {{ null_if_nan('scores.probability') }} as p_decline,
        features.recency_days,
        features.median_gap_days,
        coalesce(features.overdue_ratio, 0) as overdue_ratio,
        {%- for place in [1, 2, 3] %}
        words_{{ place }}.phrase || ' ' || coalesce(
            scores.word_{{ place }} || ', usually ' || scores.usual_word_{{ place }},
            {{ rounded_text('scores.value_' ~ place) }} || ', usually '
            || {{ rounded_text('scores.usual_' ~ place) }}
        ) as reason_{{ place }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from features
    left join scores
        on features.customer_id = scores.customer_id
    {%- for place in [1, 2, 3] %}
    left join words as words_{{ place }}
        on scores.feature_{{ place }} = words_{{ place }}.feature
    {%- endfor %}

)

select
    customer_id,
    coalesce(model, 'rule') as scored_by,
    case
        when p_decline >= {{ high_risk }} - 1e-9
            or (
                p_decline is null
                and overdue_ratio >= {{ var('activity_overdue_high') }}
            ) then 'high'
        when p_decline >= {{ high_risk * var('activity_medium_share') }} - 1e-9
            or (
                p_decline is null
                and overdue_ratio >= {{ var('activity_overdue_medium') }}
            ) then 'medium'
        else 'low'
    end as risk_band,
    coalesce(
        reason_1,
        'days since the last order ' || {{ rounded_text('recency_days') }}
            || ', usual gap ' || {{ rounded_text('median_gap_days') }}
    ) as reason_1,
    reason_2,
    reason_3,
    p_decline
from joined
