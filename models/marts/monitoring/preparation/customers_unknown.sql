{#- An erasure removes whom it names, so of the others only near misses can be seen. -#}
with

customers as (

    select
        customer_id,
        {{ bare_key('customer_id') }} as bare_key
    from {{ ref('dim_customers') }}

),

bare_keys as (

    select distinct bare_key from customers

),

named as (
    {% for input in ['consents', 'suppressions'] %}
    select distinct
        '{{ input }}' as input,
        customer_id
    from {{ ref('int_' ~ input ~ '_validated') }}
    where decision in ('accepted', 'accepted_not_modelled')
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
    {%- if has_erasures() %}
    union all

    select
        'erasures' as input,
        erased.customer_id
    from {{ erased_customers() }} as erased
    {% endif %}
),

compared as (

    select
        named.input,
        customers.customer_id is null
            and {{ bare_key('named.customer_id') }} in (
                select bare_keys.bare_key from bare_keys
            ) as is_near_miss,
        customers.customer_id is null and named.input <> 'erasures' as is_unknown
    from named
    left join customers
        on named.customer_id = customers.customer_id

)

select
    input,
    count(*) as named_count,
    count(*) filter (where is_unknown or is_near_miss) as unknown_count,
    count(*) filter (where is_near_miss) as near_miss_count
from compared
group by input
