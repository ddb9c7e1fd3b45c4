{% set age = {
    'days': counted(elapsed_days('last_at', as_of_date()), 'day|days')
} -%}
with

ends as (

    select
        'order_lines' as subject,
        max(ordered_at) as last_at
    from {{ ref('fct_orders') }}

    union all

    select
        'site_activity' as subject,
        max(period_start) as last_at
    from {{ ref('int_site_activity_validated') }}
    where decision = 'accepted'

)

select
    'freshness' as check_name,
    subject,
    cast(null as string) as source_mart,
    cast(null as string) as list_name,
    case subject
        when 'order_lines'
            then {{ text('the last order is {days} older than the as-of date', **age) }}
        else {{ text(
            'the last period of site activity began {days} before the as-of date', **age
        ) }}
    end as finding,
    cast({{ elapsed_days('last_at', as_of_date()) }} as double) as value,
    true as is_significant,
    false as is_harmless
from ends
where last_at is not null
