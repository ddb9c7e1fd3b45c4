-- Persons whose keys a campaign had in different arms, or of whom one key was held out of every
-- list while another was written to.
{% set holdout_salt = "'" ~ project_name ~ "|' || periods.period || '|'" -%}
with

key_arms as (

    select * from {{ ref('campaign_key_arms') }}

),

windows as (

    select * from {{ ref('campaign_windows') }}

),

periods as (

    select * from {{ ref('holdout_windows') }}

),

draws as (

    select
        period,
        customer_id,
        bool_or(is_in_holdout) as is_in_holdout
    from {{ ref('holdout_draws') }}
    group by period, customer_id

),

in_two_arms as (

    select
        campaign_id,
        customer_id
    from key_arms
    where arm <> 'unassigned'
    group by campaign_id, customer_id
    having count(distinct arm) > 1

),

contacted as (

    select
        campaign_id,
        customer_id
    from key_arms
    where is_contacted
    group by campaign_id, customer_id

),

held_out as (

    select
        contacted.campaign_id,
        contacted.customer_id
    from draws
    inner join periods
        on draws.period = periods.period
    inner join windows
        on periods.start_at <= windows.window_start_at
        and periods.end_at > windows.window_start_at
    inner join contacted
        on windows.campaign_id = contacted.campaign_id
        and draws.customer_id = contacted.customer_id
    where draws.is_in_holdout
        or {{ hash_bucket(holdout_salt, 'draws.customer_id') }} < 10000 * periods.share

),

crossed as (

    select * from in_two_arms

    union

    select * from held_out

)

select
    crossed.campaign_id,
    crossed.customer_id
from crossed
inner join windows
    on crossed.campaign_id = windows.campaign_id
