{#- An erasure removes whom it names, so of its keys only near misses can be seen. -#}
{%- set has_file = has_erasures() and has_input('erasures') -%}
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
    {%- if has_file %}
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

),

counted as (

    select
        input,
        count(*) as named_count,
        count(*) filter (where is_unknown or is_near_miss) as unknown_count,
        count(*) filter (where is_near_miss) as near_miss_count
    from compared
    group by input

)
{%- if has_file %},

erasures_named as (

    select
        cast(sum(name_count) as bigint) as named_count,
        cast(coalesce(sum(name_count) filter (
            where kind <> 'key'
                and outcome <> 'found'
        ), 0) as bigint) as unknown_count
    from {{ erasures_named() }}

)
{%- endif %}

select
    input,
    named_count,
    unknown_count,
    near_miss_count
from counted
{%- if has_file %}
where input <> 'erasures'

union all

select
    'erasures' as input,
    erasures_named.named_count,
    erasures_named.unknown_count + coalesce(counted.near_miss_count, 0) as unknown_count,
    coalesce(counted.near_miss_count, 0) as near_miss_count
from erasures_named
left join counted
    on counted.input = 'erasures'
where erasures_named.named_count > 0
{%- endif %}
