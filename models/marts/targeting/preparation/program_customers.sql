-- The customers of a holdout period as the bucket assigned them, with what they did in it.
with

windows as (

    select * from {{ ref('program_windows') }}

),

bought as (

    select * from {{ ref('program_orders') }}

),

contacts as (

    select * from {{ ref('program_contacts') }}

)

select
    windows.period,
    windows.customer_id,
    case when windows.is_in_holdout then 'holdout' else 'not in holdout' end as arm,
    cast(
        case when windows.is_in_holdout then windows.share else 1 - windows.share end
        as decimal(9, 6)
    ) as planned_share,
    cast(coalesce(bought.purchase, 0) as decimal(18, 4)) as purchase,
    cast(coalesce(bought.revenue, 0) as decimal(18, 4)) as revenue,
    cast(coalesce(bought.margin, 0) as decimal(18, 4)) as margin,
    cast(coalesce(bought.margin, 0) - coalesce(contacts.cost, 0) as decimal(18, 4)) as profit,
    cast(coalesce(bought.pre_purchase, 0) as decimal(18, 4)) as pre_purchase,
    cast(coalesce(bought.pre_revenue, 0) as decimal(18, 4)) as pre_revenue,
    cast(coalesce(bought.pre_margin, 0) as decimal(18, 4)) as pre_margin,
    cast(coalesce(bought.pre_margin, 0) as decimal(18, 4)) as pre_profit,
    cast(coalesce(contacts.cost, 0) as decimal(18, 4)) as cost,
    coalesce(contacts.is_contacted, false) as is_contacted,
    windows.window_start_at,
    windows.read_until_at
from windows
left join bought
    on windows.period = bought.period
    and windows.customer_id = bought.customer_id
left join contacts
    on windows.period = contacts.period
    and windows.customer_id = contacts.customer_id
