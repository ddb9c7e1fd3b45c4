-- The addresses of which the files of permissions have a hash: SHA-256 of the e-mail as it is
-- written, in lower case, as Meta and Yandex take it; without the dots of Gmail, as Google does;
-- and of a phone in E.164 with its plus or without it. Where no file has a hash, none is
-- computed.
{{ config(schema='private') }} -- who has the addresses can tell whose hash it is
with

contact_hashes as (

    select distinct lower(contact_text) as contact_hash
    from {{ ref('int_permission_texts') }}
    where is_hash

),

any_hash as (

    select count(*) > 0 as is_there from contact_hashes

),

addresses as (

    select
        addresses.address_key,
        addresses.address_kind,
        addresses.address,
        lower(trim(addresses.contact_text)) as written
    from {{ ref('int_contact_addresses') }} as addresses
    inner join any_hash
        on any_hash.is_there
    where addresses.address is not null

),

forms as (

    select
        address_key,
        address_kind,
        {{ row_per_value(hashed_forms('address', 'written')) }} as form
    from addresses

),

hashed as (

    select
        address_key,
        address_kind,
        sha256(form) as contact_hash
    from forms

)

select distinct
    contact_hashes.contact_hash,
    hashed.address_key,
    hashed.address_kind
from contact_hashes
inner join hashed
    on contact_hashes.contact_hash = hashed.contact_hash
