-- What the customers of each arm did in the window after the send, in all and by groups that
-- were known before it. The sums are all that a comparison needs.
{% set slices = {
    'all': "'all'",
    'segment': 'segment',
    'cluster': 'cluster_name',
    'list': 'list_name',
    'channel': 'channel',
    'offer': 'offer',
} -%}
with

amounts as (

    select * from {{ ref('campaign_amounts') }}

),

plans as (

    select * from {{ ref('planned_arm_shares') }}

),

windows as (

    select * from {{ ref('campaign_windows') }}

),

known_metrics as (

    select * from {{ ref('campaign_known_metrics') }}

),

outcomes as (

    {% for slice, member in slices.items() -%}
    select
        campaign_id,
        stratum,
        arm,
        metric,
        '{{ slice }}' as slice,
        {{ member }} as slice_value,
        count(*) as customers,
        sum(amount) as total,
        sum({{ product_of('amount', 'amount') }}) as total_of_squares,
        sum(pre_amount) as pre_total,
        sum({{ product_of('pre_amount', 'pre_amount') }}) as pre_total_of_squares,
        sum({{ product_of('amount', 'pre_amount') }}) as total_of_products,
        sum(clipped_amount) as clipped_total,
        sum({{ product_of('clipped_amount', 'clipped_amount') }}) as clipped_total_of_squares,
        {{ 'bool_and(is_cluster_of_then)' if slice == 'cluster' else 'true' }} as is_tested
    from amounts
    where {{ member }} is not null
    group by all

    union all

    {% endfor -%}
    -- An arm that was planned but is empty.
    select
        plans.campaign_id,
        plans.stratum,
        plans.arm,
        metrics.metric,
        'all' as slice,
        'all' as slice_value,
        0 as customers,
        {%- for sum in [
            'total', 'total_of_squares', 'pre_total', 'pre_total_of_squares',
            'total_of_products', 'clipped_total', 'clipped_total_of_squares',
        ] %}
        0 as {{ sum }},
        {%- endfor %}
        true as is_tested
    from plans
    inner join known_metrics as metrics
        on plans.campaign_id = metrics.campaign_id
    where plans.customers = 0

)

select
    outcomes.campaign_id,
    windows.list_name,
    outcomes.stratum,
    outcomes.arm,
    outcomes.metric,
    outcomes.slice,
    outcomes.slice_value,
    outcomes.customers,
    {%- for sum in ['total', 'pre_total', 'clipped_total'] %}
    cast(outcomes.{{ sum }} as decimal(38, 4)) as {{ sum }},
    cast(outcomes.{{ sum }}_of_squares as decimal(38, 8)) as {{ sum }}_of_squares,
    {%- endfor %}
    cast(outcomes.total_of_products as decimal(38, 8)) as total_of_products,
    outcomes.is_tested,
    windows.is_window_over,
    windows.window_start_at,
    windows.window_end_at
from outcomes
inner join windows
    on outcomes.campaign_id = windows.campaign_id
