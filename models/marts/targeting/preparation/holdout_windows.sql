-- The periods of the global holdout that have begun. The current one contains
-- the as-of date: a declared one, else the calendar year.
{% if var('holdout_period', none) is not none -%}
{{ exceptions.raise_compiler_error(
    "the var holdout_period is gone: a holdout period has days now, give it a row in "
    ~ "seeds/holdout_periods.csv; the same text draws the same customers"
) }}
{%- endif %}
with

declared as (

    select * from {{ ref('holdout_periods') }}
    where dataset = {{ string_literal(var('dataset')) }}

),

today as (

    select cast({{ as_of_date() }} as date) as today_date

),

-- A shop without any date has one period, which nothing can be measured in.
calendar_year as (

    select
        coalesce(
            cast(cast(date_part('year', today_date) as integer) as string), 'undated'
        ) as period,
        cast({{ var('global_holdout_share') }} as decimal(9, 6)) as share,
        cast(date_trunc('year', today_date) as date) as first_date,
        cast(
            date_trunc('year', today_date) + interval '1 year' - interval '1 day' as date
        ) as last_date,
        true as is_current
    from today
    where not exists (
        select declared.period
        from declared
        where today.today_date between declared.first_date and declared.last_date
    )

),

begun as (

    select
        declared.period,
        declared.share,
        declared.first_date,
        declared.last_date,
        today.today_date <= declared.last_date as is_current
    from declared
    inner join today
        on declared.first_date <= today.today_date

    union all

    select * from calendar_year

)

select
    period,
    cast(share as decimal(9, 6)) as share,
    first_date,
    last_date,
    cast(first_date as timestamp) as start_at,
    {{ days_after('cast(last_date as timestamp)', 1) }} as end_at,
    is_current
from begun
