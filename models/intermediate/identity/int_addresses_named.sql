-- Whom a consent or a suppression names by an address: the address itself, and the key that is
-- made of it where customers are keyed by their e-mails or phones.
{{ config(schema='private') }} -- hashes of the files stand in this schema only
with

texts as (

    select * from {{ ref('int_permission_texts') }}

),

addresses as (

    select * from {{ ref('int_contact_addresses') }}
    where address is not null

),

contact_hashes as (

    select * from {{ ref('int_contact_hashes') }}

),

found as (

    select
        texts.input,
        texts.source_file,
        texts.source_row,
        texts.named_in,
        texts.contact_text,
        texts.is_hash,
        coalesce(addresses.address_key, contact_hashes.address_key) as address_key,
        coalesce(addresses.address_kind, contact_hashes.address_kind) as address_kind,
        case when texts.named_in <> 'customer_id' then {{ customer_key('texts.contact_text') }} end
            as written_key,
        {{ customer_key('addresses.address') }} as normalised_key
    from texts
    left join addresses
        on texts.contact_text = addresses.contact_text
        and not texts.is_hash
    left join contact_hashes
        on texts.is_hash
        and lower(texts.contact_text) = contact_hashes.contact_hash

)

select
    input,
    source_file,
    source_row,
    named_in,
    case
        when is_hash then 'hash'
        else coalesce(address_kind, 'text')
    end as name_kind,
    coalesce(address_key, {{ address_key('lower(contact_text)') }}) as name_key,
    address_key,
    address_kind,
    -- A key that is no hash of a contact was not made of one.
    case when left(written_key, 2) = 'c_' then written_key end as written_key,
    case when left(normalised_key, 2) = 'c_' then normalised_key end as normalised_key
from found
