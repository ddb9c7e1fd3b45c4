-- Whom consents, suppressions and the file of erasures name, by key or by address.
{#- An erasure removes whom it names, so its keys are read from the file. -#}
{%- set has_file = has_erasures() and has_input('erasures') %}
with

permission_names as (

    select * from {{ ref('permission_names') }}

),

named as (

    select
        input,
        customer_key,
        name_keys,
        bool_or(is_known_by_address) as is_known_by_address,
        min(name_kind) as name_kind
    from permission_names
    group by
        input,
        customer_key,
        name_keys,
        case when is_damaged then (source_file, source_row) end
    {%- if has_file %}

    union all

    select
        'erasures' as input,
        erased.customer_id as customer_key,
        cast(null as string) as name_keys,
        false as is_known_by_address,
        'key' as name_kind
    from {{ erased_customers() }} as erased
    {% endif %}
)

select * from named
