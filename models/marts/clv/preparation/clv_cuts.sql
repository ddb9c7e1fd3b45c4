-- The days as of which customers are looked at: today, and earlier ones whose future is known.
-- Each looks ahead to the next: the last half of the history, at most a year, tests; half of what
-- lies before it chooses the method; half of what lies before that teaches what is taught with a
-- known future. All in whole weeks, four at least.
{%- set periods = ['test', 'validation', 'training'] %}
{{ config(materialized='table_in_place') }}
with

now as (

    select
        'now' as period,
        {{ as_of_date() }} as cut_at,
        {{ elapsed_days('min(ordered_at)', as_of_date()) }} as history_days,
        cast(null as bigint) as horizon_days
    from {{ ref('fct_orders') }}
    where is_placed
        and customer_id is not null
        and ordered_at < {{ as_of_date() }}

),

{% for period in periods -%}
{{ period }}_horizon as (

    select
        cut_at,
        history_days,
        cast(7 * least(52, floor(history_days / 14)) as bigint) as horizon_days
    from {{ 'now' if loop.first else periods[loop.index0 - 1] }}

),

{{ period }} as (

    select
        '{{ period }}' as period,
        {{ days_after('cut_at', '-horizon_days') }} as cut_at,
        history_days - horizon_days as history_days,
        horizon_days
    from {{ period }}_horizon
    where horizon_days >= 28

),

{% endfor -%}
cuts as (

    {% for period in ['now'] + periods -%}
    select * from {{ period }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select
    period,
    horizon_days,
    cast(horizon_days as double) / 7 as horizon_weeks,
    cut_at,
    cast(cut_at as date) as cut_date
from cuts
where history_days is not null
