-- The stays of persons in lists before this run. Where two keys of a person were in a list at a
-- time, that was one stay: from the first entry to the last exit.
{{ config(materialized='ephemeral') }}
{% set by_entry = 'partition by list_name, customer_id order by entered_date, customer_key' -%}
with

saved as (

    select
        list_name,
        customer_id,
        customer_key,
        enter_reason,
        exit_reason,
        cast(entered_date as date) as entered_date,
        coalesce(cast(left_date as date), cast('9999-12-31' as date)) as left_date
    from {{ ref('list_history_saved') }}
    where saved_date < {{ as_of_date() }}

),

ordered as (

    select
        *,
        max(left_date) over (
            {{ by_entry }} rows between unbounded preceding and 1 preceding
        ) as left_before
    from saved

),

numbered as (

    select
        *,
        sum(case when entered_date < left_before then 0 else 1 end) over (
            {{ by_entry }} rows between unbounded preceding and current row
        ) as stay_number
    from ordered

)

select
    list_name,
    customer_id,
    min_by(enter_reason, (entered_date, customer_key)) as enter_reason,
    nullif(max_by(coalesce(exit_reason, ''), (left_date, customer_key)), '') as exit_reason,
    min(entered_date) as entered_date,
    nullif(max(left_date), cast('9999-12-31' as date)) as left_date
from numbered
group by list_name, customer_id, stay_number
