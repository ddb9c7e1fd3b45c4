-- What the customers of each arm did in the window after the send, in all and by groups that
-- were known before it. The sums are all that a comparison needs.
{% set metrics = ['visit', 'responded', 'purchase', 'revenue', 'margin', 'returns', 'profit'] -%}
{% set slices = {
    'all': "'all'",
    'segment': 'segment',
    'cluster': 'cluster_name',
    'list': 'list_name',
    'channel': 'channel',
    'offer': 'offer',
} -%}
with

customers as (

    select * from {{ ref('campaign_customers') }}

),

plans as (

    select * from {{ ref('planned_arm_shares') }}

),

windows as (

    select * from {{ ref('campaign_windows') }}

),

measured as (

    {% for metric in metrics -%}
    select
        campaign_id,
        stratum,
        arm,
        '{{ metric }}' as metric,
        {%- for grouping in slices.values() %}
        {{ grouping }} as slice_{{ loop.index }},
        {%- endfor %}
        {{ metric }} as amount,
        pre_{{ metric }} as pre_amount,
        is_cluster_of_then
    from customers
    where {{ metric }} is not null
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

-- One cut for both arms: among the amounts that are any, in size, whatever their sign.
cuts as (

    select
        campaign_id,
        metric,
        cast({{ percentile('abs(amount)', var('winsor_share')) }} as decimal(18, 4)) as cut
    from measured
    where amount <> 0
    group by campaign_id, metric

),

clipped as (

    select
        measured.*,
        coalesce(
            least(greatest(measured.amount, -cuts.cut), cuts.cut), measured.amount
        ) as clipped_amount
    from measured
    left join cuts
        on measured.campaign_id = cuts.campaign_id
        and measured.metric = cuts.metric

),

-- What is known of no customer of a campaign is not shown; of a campaign of nobody it cannot
-- be told what would be.
known_metrics as (

    select distinct
        campaign_id,
        metric
    from measured
    where metric <> 'visit'

    union

    select
        plans.campaign_id,
        metrics.metric
    from plans
    cross join (
        values {% for metric in metrics if metric not in ('visit', 'responded') -%}
        ('{{ metric }}'){{ ', ' if not loop.last }}
        {%- endfor %}
    ) as metrics (metric)
    where not exists (
        select customers.campaign_id
        from customers
        where customers.campaign_id = plans.campaign_id
    )

),

outcomes as (

    {% for slice in slices -%}
    select
        campaign_id,
        stratum,
        arm,
        metric,
        '{{ slice }}' as slice,
        slice_{{ loop.index }} as slice_value,
        count(*) as customers,
        sum(amount) as total,
        sum({{ product_of('amount', 'amount') }}) as total_of_squares,
        sum(pre_amount) as pre_total,
        sum({{ product_of('pre_amount', 'pre_amount') }}) as pre_total_of_squares,
        sum({{ product_of('amount', 'pre_amount') }}) as total_of_products,
        sum(clipped_amount) as clipped_total,
        sum({{ product_of('clipped_amount', 'clipped_amount') }}) as clipped_total_of_squares,
        {{ 'bool_and(is_cluster_of_then)' if slice == 'cluster' else 'true' }} as is_tested
    from clipped
    where slice_{{ loop.index }} is not null
    group by campaign_id, stratum, arm, metric, slice_{{ loop.index }}

    union all

    {% endfor -%}
    -- An arm that was planned and holds nobody.
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
