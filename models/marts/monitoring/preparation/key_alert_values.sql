with

damaged as (

    select
        input as subject,
        {{ joined_text("key_column || ' ' || damaged_count", ', ', 'key_column') }}
            as columns_found,
        sum(damaged_count) as damaged_count,
        max(row_count) as row_count
    from {{ ref('damaged_keys') }}
    group by input

),

doubled as (

    select * from {{ ref('customer_keys_doubled') }}

),

unknown as (

    select * from {{ ref('unknown_names_worded') }}

),

checks as (

    select
        'damaged keys' as check_name,
        subject,
        {{ text(
            'a spreadsheet damaged keys in {share} of the rows of {input}: {columns}',
            share=percent_text(ratio('damaged_count', 'row_count')),
            input=label('input', 'subject'),
            columns='columns_found'
        ) }} as finding,
        cast(damaged_count as double) as value,
        true as is_significant
    from damaged

    union all

    select
        'doubled keys' as check_name,
        'customers' as subject,
        case
            when key_count > 0 then {{ text(
                '{keys} keys of customers differ from another only in leading zeros, plus or '
                ~ 'blanks, as 000123 and 123 do',
                keys='key_count'
            ) }}
            else {{ text('no two keys of customers differ in leading zeros, plus or blanks alone') }}
        end as finding,
        cast(key_count as double) as value,
        key_count > 0 as is_significant
    from doubled

    union all

    select
        'unknown customers' as check_name,
        input as subject,
        finding,
        {{ ratio('unknown_count', 'named_count') }} as value,
        unknown_count > 0 as is_significant
    from unknown

)

select
    check_name,
    subject,
    cast(null as string) as source_mart,
    cast(null as string) as list_name,
    finding,
    value,
    is_significant,
    false as is_harmless
from checks
