-- The rows of consents and suppressions that name nobody the shop knows.
with

permission_names as (

    select * from {{ ref('permission_names') }}

),

unknown as (

    select distinct
        input,
        customer_key,
        name_keys,
        near_key
    from {{ ref('customers_compared') }}
    where is_unknown

)

select
    permission_names.input,
    permission_names.source_file,
    permission_names.source_row,
    case when unknown.near_key is not null then 'near_miss' else permission_names.name_kind end
        as name_kind,
    unknown.near_key
from permission_names
inner join unknown
    on permission_names.input = unknown.input
    and permission_names.customer_key is not distinct from unknown.customer_key
    and permission_names.name_keys is not distinct from unknown.name_keys
