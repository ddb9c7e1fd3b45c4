-- Of whom consents, suppressions and erasures name, whether anybody else knows them.
with

customers as (

    select customer_id as customer_key from {{ ref('dim_customers') }}

    union

    select customer_key from {{ ref('customer_keys') }}

),

near_keys as (

    select
        {{ bare_key('customer_key') }} as bare_key,
        min(customer_key) as near_key
    from customers
    group by {{ bare_key('customer_key') }}

),

named as (

    select * from {{ ref('customers_named') }}

)

select
    named.input,
    named.customer_key,
    named.name_keys,
    named.name_kind,
    case
        when customers.customer_key is null and not named.is_known_by_address
            then near_keys.near_key
    end as near_key,
    customers.customer_key is null
        and not named.is_known_by_address
        and near_keys.near_key is not null as is_near_miss,
    customers.customer_key is null
        and not named.is_known_by_address
        and named.input <> 'erasures' as is_unknown
from named
left join customers
    on named.customer_key = customers.customer_key
left join near_keys
    on {{ bare_key('named.customer_key') }} = near_keys.bare_key
