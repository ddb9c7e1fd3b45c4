with

findings as (

    select * from {{ ref('identity_findings') }}
    where finding = 'too many keys'

)

select
    'identity' as check_name,
    subject,
    cast(null as string) as source_mart,
    cast(null as string) as list_name,
    detail as finding,
    cast(key_count as double) as value,
    true as is_significant,
    false as is_harmless
from findings
