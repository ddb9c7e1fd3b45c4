-- Everyone the lists of a holdout period could have reached, whether or not a list ever
-- wanted them: who was known before the period is in it from its first day, who came
-- later from the moment of the own entry. What makes a customer known (the first order,
-- or the registration) is before that: no list caused it.
{{ config(materialized='ephemeral') }}
{% set holdout_salt = "'" ~ project_name ~ "|' || periods.period || '|'" -%}
with

periods as (

    select
        *,
        least(end_at, {{ as_of_date() }}) as read_until_at
    from {{ ref('holdout_windows') }}

),

known as (

    select
        customer_id,
        least(
            coalesce(registered_at, first_seen_at), coalesce(first_seen_at, registered_at)
        ) as entered_at
    from {{ ref('dim_customers') }}

),

eligible as (

    select
        periods.period,
        known.customer_id,
        {{ hash_bucket(holdout_salt, 'known.customer_id') }} < 10000 * periods.share
            as is_in_holdout,
        periods.share,
        known.entered_at,
        periods.start_at,
        greatest(periods.start_at, known.entered_at) as window_start_at,
        periods.read_until_at
    from periods
    inner join known
        on periods.read_until_at > known.entered_at
    where periods.read_until_at > periods.start_at

)

select
    period,
    customer_id,
    share,
    is_in_holdout,
    entered_at,
    start_at,
    -- As long before as the window is so far; of who came later it holds what made them known.
    {{ days_after('window_start_at', '-' ~ elapsed_days('window_start_at', 'read_until_at')) }}
        as pre_start_at,
    window_start_at,
    read_until_at
from eligible
