with

unknown as (

    select
        *,
        {{ label('input', 'input') }} as shown_input,
        concat_ws(
            ', ',
            case when near_miss_count > 0 then {{ text(
                'keys with other zeros or blanks {count}', count='near_miss_count'
            ) }} end,
            case when key_count > 0 then {{ text('keys {count}', count='key_count') }} end,
            case when damaged_count > 0 then {{ text(
                'damaged keys {count}', count='damaged_count'
            ) }} end,
            case when email_count > 0 then {{ text('e-mails {count}', count='email_count') }} end,
            case when phone_count > 0 then {{ text('phones {count}', count='phone_count') }} end,
            case when hash_count > 0 then {{ text('hashes {count}', count='hash_count') }} end,
            case when text_count > 0 then {{ text(
                'texts that are no contact {count}', count='text_count'
            ) }} end
        ) as kinds
    from {{ ref('customers_unknown') }}

)

select
    input,
    case
        when damaged_count + email_count + phone_count + hash_count + text_count > 0 then {{ text(
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
    named_count,
    unknown_count
from unknown
