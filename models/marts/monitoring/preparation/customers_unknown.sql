{#- An erasure removes whom it names, so of the others only near misses can be seen. -#}
with

customers as (

    select customer_id as customer_key from {{ ref('dim_customers') }}

    union

    select customer_key from {{ ref('customer_keys') }}

),

bare_keys as (

    select distinct {{ bare_key('customer_key') }} as bare_key from customers

),

addresses_named as (

    select * from {{ ref('addresses_recognised') }}

),

rows_named as (
    {% for input in ['consents', 'suppressions'] %}
    select
        '{{ input }}' as input,
        source_file,
        source_row,
        customer_id,
        decision = 'rejected' as is_damaged
    from {{ ref('int_' ~ input ~ '_validated') }}
    where decision in ('accepted', 'accepted_not_modelled')
        or (
            coalesce(customer_id, email) is null
            and decision_reason like '%' || {{ text(
                '{column} was damaged by a spreadsheet', column="''"
            ) }} || '%'
        )
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

named as (

    select
        rows_named.input,
        rows_named.customer_id as customer_key,
        addresses_named.name_keys,
        bool_or(coalesce(addresses_named.is_known, false)) as is_known_by_address,
        min(
            case
                when rows_named.is_damaged then 'damaged'
                when rows_named.customer_id is null or addresses_named.has_key_of_address
                    then addresses_named.name_kind
                else 'key'
            end
        ) as name_kind
    from rows_named
    left join addresses_named
        on rows_named.input = addresses_named.input
        and rows_named.source_file = addresses_named.source_file
        and rows_named.source_row = addresses_named.source_row
    group by
        rows_named.input,
        rows_named.customer_id,
        addresses_named.name_keys,
        case when rows_named.is_damaged then (rows_named.source_file, rows_named.source_row) end
    {%- if has_erasures() %}

    union all

    select
        'erasures' as input,
        erased.customer_id as customer_key,
        cast(null as string) as name_keys,
        false as is_known_by_address,
        'key' as name_kind
    from {{ erased_customers() }} as erased
    {% endif %}
),

compared as (

    select
        named.input,
        named.name_kind,
        customers.customer_key is null
            and not named.is_known_by_address
            and coalesce({{ bare_key('named.customer_key') }} in (
                select bare_keys.bare_key from bare_keys
            ), false) as is_near_miss,
        customers.customer_key is null
            and not named.is_known_by_address
            and named.input <> 'erasures' as is_unknown
    from named
    left join customers
        on named.customer_key = customers.customer_key

)

select
    input,
    count(*) as named_count,
    count(*) filter (where is_unknown or is_near_miss) as unknown_count,
    count(*) filter (where is_near_miss) as near_miss_count
    {%- for kind in ['key', 'damaged', 'email', 'phone', 'hash', 'text'] %},
    count(*) filter (where is_unknown and not is_near_miss and name_kind = '{{ kind }}')
        as {{ kind }}_count
    {%- endfor %}
from compared
group by input
