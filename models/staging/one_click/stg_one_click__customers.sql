with

market_file as (

    select * from {{ ref('stg_one_click__market_file') }}

)

select
    source_file,
    source_row,
    customer_id,
    {{ days_after(undated_as_of(), '-tenure_days') }} as registered_at,
    cast(null as bigint) as birth_year,
    cast(null as string) as gender,
    cast(null as decimal(18, 4)) as income,
    cast(null as string) as education,
    cast(null as string) as marital_status,
    cast(null as bigint) as children,
    service_tier,
    favourite_category,
    promo_share,
    marketing_contacts_per_month,
    cast(null as string) as email,
    cast(null as string) as phone,
    cast(null as string) as first_name,
    cast(null as string) as country,
    cast(null as string) as city,
    nullif(concat_ws('; ', service_tier_repair, favourite_category_repair), '') as source_note,
    source_fault
from market_file
