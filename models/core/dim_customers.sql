with

customers as (

    select * from {{ ref('int_customers_merged') }}

),

placed_customers as (

    select * from {{ ref('customers_placed') }}

),

totals as (

    select * from {{ by_person('customer_totals') }} as customer_totals
    where decision = 'accepted'

),

bought_totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'

),

rhythms as (

    select * from {{ ref('customer_rhythms') }}

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
        placed_customers.customer_id is not null as has_orders,
        totals.customer_id is not null as has_totals,
        -- Recent buyers have not lapsed, whatever the gap; orders of one day
        -- show no habit that could be left.
        bought_totals.recency_days >= {{ var('lapsed_days') }}
        and case
            when rhythms.mean_gap_days >= 1
                then bought_totals.recency_days
                    > {{ var('lapsed_after_gaps') }} * rhythms.mean_gap_days
        end as is_lapsed,
        customers.registered_at,
        placed_customers.first_seen_at
    from known
    left join customers
        on known.customer_id = customers.customer_id
    left join placed_customers
        on known.customer_id = placed_customers.customer_id
    left join totals
        on known.customer_id = totals.customer_id
    left join bought_totals
        on known.customer_id = bought_totals.customer_id
    left join rhythms
        on known.customer_id = rhythms.customer_id

)

select * from described
