{%- set kinds = {
    'near_miss_count': 'keys with other zeros or blanks {count}',
    'key_count': 'keys {count}',
    'email_count': 'e-mails {count}',
    'phone_count': 'phones {count}',
    'hash_count': 'hashes {count}',
    'text_count': 'texts that are no contact {count}',
} -%}
with

damaged as (

    select
        input as subject,
        string_agg(
            key_column || ' ' || damaged_count, ', ' order by key_column
        ) as columns_found,
        sum(damaged_count) as damaged_count,
        max(row_count) as row_count
    from {{ ref('damaged_keys') }}
    group by input

),

doubled as (

    select * from {{ ref('customer_keys_doubled') }}

),

unknown as (

    select
        *,
        {{ label('input', 'input') }} as shown_input,
        -- Of keys alone the sentence says enough.
        email_count + phone_count + hash_count + text_count > 0 as has_addresses,
        concat_ws(
            ', '
            {%- for column, sentence in kinds.items() %},
            case when {{ column }} > 0 then {{ text(sentence, count=column) }} end
            {%- endfor %}
        ) as kinds
    from {{ ref('customers_unknown') }}

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
        case
            when has_addresses then {{ text(
                '{unknown} of {named} customers in {input} are known from nowhere else: {kinds}',
                unknown='unknown_count', named='named_count', input='shown_input', kinds='kinds'
            ) }}
            when near_miss_count > 0 then {{ text(
                '{unknown} of {named} customers in {input} are known from nowhere else, {near} of '
                ~ 'them but for leading zeros, plus or blanks',
                unknown='unknown_count', named='named_count', input='shown_input',
                near='near_miss_count'
            ) }}
            when unknown_count > 0 then {{ text(
                '{unknown} of {named} customers in {input} are known from nowhere else',
                unknown='unknown_count', named='named_count', input='shown_input'
            ) }}
            when input = 'erasures' then {{ text(
                'no customer in {input} differs from a known one in leading zeros, plus or '
                ~ 'blanks alone',
                input='shown_input'
            ) }}
            else {{ text('every customer in {input} is known from elsewhere', input='shown_input') }}
        end as finding,
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
