-- Scores say how a customer stands among the others, guards what holds by itself: one
-- order makes nobody loyal, and whoever first came a year ago is not new. The segment of
-- a code with its guard, then the one to fall back to with its own, and so on.
{% set limits = [
    'minimum_orders', 'first_order_within_days', 'silent_at_least_days',
    'silent_at_most_days',
] -%}
with

segment_map as (

    select * from {{ ref('rfm_segment_map') }}

),

-- What a guard leaves open, nobody fails.
guards as (

    select
        segment,
        falls_back_to,
        coalesce(minimum_orders, 0) as minimum_orders,
        {{ var('rfm_guard_days_factor') }} * coalesce(first_order_within_days, 1000000)
            as first_order_within_days,
        {{ var('rfm_guard_days_factor') }} * coalesce(silent_at_least_days, 0)
            as silent_at_least_days,
        {{ var('rfm_guard_days_factor') }} * coalesce(silent_at_most_days, 1000000)
            as silent_at_most_days
    from {{ ref('rfm_segment_guards') }}

)

select
    segment_map.rfm_code,
    {%- for step in guard_steps() %}
    guards_{{ step }}.segment as segment_{{ step }},
    {%- endfor %}
    guards_{{ guard_steps() | last }}.falls_back_to as unasked_segment,
    {%- for step in guard_steps() %}
    {%- set is_last_step = loop.last %}
    {%- for limit in limits %}
    guards_{{ step }}.{{ limit }} as {{ limit }}_{{ step }}
    {{- ',' if not (is_last_step and loop.last) }}
    {%- endfor %}
    {%- endfor %}
from segment_map
{%- for step in guard_steps() %}
left join guards as guards_{{ step }}
    on {{ 'segment_map.segment' if loop.first else 'guards_' ~ (step - 1) ~ '.falls_back_to' }}
        = guards_{{ step }}.segment
{%- endfor %}
