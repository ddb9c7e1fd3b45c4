with

customers as (

    select * from {{ ref('stg_customer_personality__marketing_campaign') }}

)

select
    source_file,
    source_row,
    customer_id,
    registered_at,
    birth_year,
    cast(null as string) as gender,
    income,
    education,
    marital_status,
    children,
    cast(null as string) as service_tier,
    cast(null as string) as favourite_category,
    -- A deal is bought through a channel; a few rows have more deals than purchases.
    cast(least(
        {{ ratio('deal_orders', 'web_orders + catalog_orders + store_orders') }}, 1
    ) as decimal(9, 6)) as promo_share,
    cast(null as decimal(18, 3)) as marketing_contacts_per_month,
    cast(null as string) as email,
    cast(null as string) as phone,
    cast(null as string) as first_name,
    cast(null as string) as country,
    cast(null as string) as city,
    source_note,
    source_exclusion,
    source_fault
from customers
