-- The days as of which customers are looked at: today, and earlier ones whose future is known.
-- Each looks back on what lies before it and ahead to the next: the last half of the history,
-- at most a year, tests; the last half of what is left chooses the method; the one before
-- teaches what must be taught with a known future. All in whole weeks.
{%- set names = ['test', 'validation', 'first'] %}
with

span_0 as (

    select
        'now' as span_name,
        {{ as_of_date() }} as cut_at,
        cast({{ elapsed_days('min(ordered_at)', as_of_date()) }} as bigint) as history_days,
        cast(null as bigint) as outcome_days
    from {{ ref('fct_orders') }}
    where is_placed
        and customer_id is not null
        and ordered_at < {{ as_of_date() }}

),

{% for name in names -%}
halves_{{ loop.index }} as (

    select
        cut_at,
        history_days,
        cast(7 * least(52, floor(history_days / 14)) as bigint) as outcome_days
    from span_{{ loop.index - 1 }}

),

span_{{ loop.index }} as (

    select
        '{{ name }}' as span_name,
        {{ days_after('cut_at', '-outcome_days') }} as cut_at,
        history_days - outcome_days as history_days,
        outcome_days
    from halves_{{ loop.index }}
    where outcome_days >= 28

),

{% endfor -%}
spans as (

    {% for number in range(names | length + 1) -%}
    select * from span_{{ number }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select * from spans
where history_days is not null
