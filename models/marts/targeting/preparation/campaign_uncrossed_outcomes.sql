-- The outcomes of a campaign without the persons who stood in two of its arms, where there are
-- any. Amounts are cut where those of everyone are.
with

amounts as (

    select * from {{ ref('campaign_amounts') }}

),

crossed as (

    select * from {{ ref('campaign_crossed_customers') }}

)

select
    amounts.campaign_id,
    amounts.stratum,
    amounts.arm,
    amounts.metric,
    'all' as slice,
    'all' as slice_value,
    count(*) as customers,
    {%- for prefix in ['', 'pre_', 'clipped_'] %}
    cast(sum(amounts.{{ prefix }}amount) as decimal(38, 4)) as {{ prefix }}total,
    cast(
        sum({{ product_of('amounts.' ~ prefix ~ 'amount', 'amounts.' ~ prefix ~ 'amount') }})
        as decimal(38, 8)
    ) as {{ prefix }}total_of_squares,
    {%- endfor %}
    cast(
        sum({{ product_of('amounts.amount', 'amounts.pre_amount') }}) as decimal(38, 8)
    ) as total_of_products,
    true as is_tested
from amounts
left join crossed
    on amounts.campaign_id = crossed.campaign_id
    and amounts.customer_id = crossed.customer_id
where crossed.customer_id is null
    and amounts.campaign_id in (select crossed.campaign_id from crossed)
group by all
