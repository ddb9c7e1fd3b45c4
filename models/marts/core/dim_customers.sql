with

customers as (

    select * from {{ ref('int_customers_judged') }}
    where decision = 'kept'

),

placed_customers as (

    select * from {{ ref('int_customers_placed') }}

),

totals as (

    select * from {{ ref('int_customer_totals_judged') }}
    where decision = 'kept'

),

known as (

    select customer_id from customers

    union

    select customer_id from placed_customers

    union

    select customer_id from totals

),

described as (

    select
        known.customer_id,
        customers.gender,
        customers.education,
        customers.marital_status,
        customers.service_tier,
        customers.favourite_category,
        coalesce(customers.country, placed_customers.country) as country,
        coalesce(customers.city, placed_customers.city) as city,
        customers.birth_year,
        cast(date_part('year', {{ as_of_date() }}) as bigint)
            - customers.birth_year as age_years,
        customers.children,
        customers.income,
        customers.promo_share,
        customers.marketing_contacts_per_month,
        placed_customers.customer_id is not null as has_receipts,
        totals.customer_id is not null as has_totals,
        customers.registered_at,
        placed_customers.first_seen_at
    from known
    left join customers
        on known.customer_id = customers.customer_id
    left join placed_customers
        on known.customer_id = placed_customers.customer_id
    left join totals
        on known.customer_id = totals.customer_id

)

select * from described
