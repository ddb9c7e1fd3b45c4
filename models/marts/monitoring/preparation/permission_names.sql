-- Of each row of consents and suppressions whom it names, by key or by address.
with

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
)

select
    rows_named.input,
    rows_named.source_file,
    rows_named.source_row,
    rows_named.is_damaged,
    rows_named.customer_id as customer_key,
    addresses_named.name_keys,
    coalesce(addresses_named.is_known, false) as is_known_by_address,
    case
        when rows_named.is_damaged then 'damaged'
        when rows_named.customer_id is null or addresses_named.has_key_of_address
            then addresses_named.name_kind
        else 'key'
    end as name_kind
from rows_named
left join addresses_named
    on rows_named.input = addresses_named.input
    and rows_named.source_file = addresses_named.source_file
    and rows_named.source_row = addresses_named.source_row
