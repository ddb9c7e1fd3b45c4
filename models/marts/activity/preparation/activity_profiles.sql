with

observed as (

    select * from {{ ref('activity_customers') }}

),

cutoffs as (

    select * from {{ ref('cutoffs_used') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

profiles as (

    select
        observed.number,
        observed.customer_id,
        customers.favourite_category,
        customers.service_tier,
        cast(customers.promo_share as double) as promo_share,
        cast(customers.marketing_contacts_per_month as double) as marketing_contacts_per_month,
        {{ elapsed_days(
            'coalesce(customers.registered_at, customers.first_seen_at)',
            'cutoffs.cutoff_at'
        ) }} as tenure_days,
        cutoffs.is_current,
        cutoffs.cutoff_at
    from observed
    inner join cutoffs
        on observed.number = cutoffs.number
    left join customers
        on observed.customer_id = customers.customer_id

)

-- The customers file is a state as of the as-of date.
select
    number,
    customer_id,
    case when is_current then favourite_category end as favourite_category,
    case when is_current then service_tier end as service_tier,
    case when is_current then promo_share end as promo_share,
    case when is_current then marketing_contacts_per_month end as marketing_contacts_per_month,
    tenure_days,
    is_current,
    cutoff_at
from profiles
