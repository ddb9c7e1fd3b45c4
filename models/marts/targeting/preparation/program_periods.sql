-- Of each period, and of all that have begun.
{{ config(materialized='ephemeral') }}
with

program_customers as (

    select * from {{ ref('program_customers') }}

),

periods as (

    select * from {{ ref('holdout_windows') }}

),

counted as (

    select
        period,
        count(*) filter (where is_contacted and arm = 'not in holdout') as contacted_customers,
        count(*) filter (where is_contacted and arm = 'holdout') as contacted_by_mistake,
        sum(cost) filter (where arm = 'not in holdout') as cost,
        sum(purchase) as buyers
    from program_customers
    group by period

)

{% for scope in ['period', 'to date'] -%}
select
    '{{ scope }}' as scope,
    {{ 'counted.period' if scope == 'period' else "'all'" }} as holdout_period,
    sum(counted.contacted_customers) as contacted_customers,
    sum(counted.contacted_by_mistake) as contacted_by_mistake,
    sum(counted.cost) as cost,
    sum(counted.buyers) as buyers,
    bool_and(periods.end_at <= {{ as_of_date() }}) as is_period_over,
    min(periods.first_date) as first_date,
    max(periods.last_date) as last_date
from counted
inner join periods
    on counted.period = periods.period
{%- if scope == 'period' %}
group by counted.period

union all

{% else %}
having count(*) > 0
{%- endif %}
{%- endfor %}
