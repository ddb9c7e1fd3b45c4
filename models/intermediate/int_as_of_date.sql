{{ config(post_hook="{{ refuse_undated() }}") }}
with

order_lines as (

    select * from {{ ref('int_order_lines_validated') }}

),

{% set dated = {
    'customer_totals': 'as_of_date',
    'customer_period_totals': 'period_start',
    'site_activity': 'period_start',
    'activity_labels': 'as_of_date',
} -%}
latest_dates as (

    select
        1 as preference,
        date_trunc('day', max(ordered_at)) + interval '1 day' as latest_at
    from order_lines
    where decision in ('accepted', 'accepted_not_modelled')
    {%- for input, column in dated.items() %}

    union all

    select
        2 as preference,
        max({{ column }}) as latest_at
    from {{ ref('int_' ~ input ~ '_validated') }}
    where decision = 'accepted'
    {%- endfor %}

),

preferred as (

    select
        preference,
        max(latest_at) as latest_at
    from latest_dates
    where latest_at is not null
    group by preference

)

select
{%- if var('as_of_date', none) %}
    {{ as_of_date() }} as as_of_date
{%- else %}
    cast(min_by(latest_at, preference) as timestamp) as as_of_date
from preferred
{%- endif %}
