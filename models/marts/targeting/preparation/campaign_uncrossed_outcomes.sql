-- The outcomes of a campaign without the persons who stood in two of its arms, where there are
-- any. Amounts are cut where those of everyone are.
with

crossed as (

    select * from {{ ref('campaign_crossed_customers') }}

),

campaigns as (

    select distinct campaign_id from crossed

),

amounts as (

    select amounts.*
    from {{ ref('campaign_amounts') }} as amounts
    inner join campaigns
        on amounts.campaign_id = campaigns.campaign_id
    left join crossed
        on amounts.campaign_id = crossed.campaign_id
        and amounts.customer_id = crossed.customer_id
    where crossed.customer_id is null

)

select
    campaign_id,
    stratum,
    arm,
    metric,
    'all' as slice,
    'all' as slice_value,
    count(*) as customers,
    {%- for prefix in ['', 'pre_', 'clipped_'] %}
    cast(sum({{ prefix }}amount) as decimal(38, 4)) as {{ prefix }}total,
    cast(sum({{ product_of(prefix ~ 'amount', prefix ~ 'amount') }}) as decimal(38, 8))
        as {{ prefix }}total_of_squares,
    {%- endfor %}
    cast(sum({{ product_of('amount', 'pre_amount') }}) as decimal(38, 8)) as total_of_products,
    true as is_tested
from amounts
group by campaign_id, stratum, arm, metric
