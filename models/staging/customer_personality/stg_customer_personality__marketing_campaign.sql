-- A row feeds several inputs, so it is validated here, once, and its parts share its
-- fate. Dates are in the one known format that reads most of the file: where that
-- is less than half, as of days taken for months, none is accepted.
{{ config(post_hook="{{ refuse_unreadable('say in dataset.yml how it is written') }}") }}
{% set numbers = {
    'id': 'integer', 'year_birth': 'integer', 'income': 'money',
    'kidhome': 'integer', 'teenhome': 'integer', 'recency': 'integer',
    'mntwines': 'money', 'mntfruits': 'money', 'mntmeatproducts': 'money',
    'mntfishproducts': 'money', 'mntsweetproducts': 'money', 'mntgoldprods': 'money',
    'numdealspurchases': 'integer', 'numwebpurchases': 'integer',
    'numcatalogpurchases': 'integer', 'numstorepurchases': 'integer',
    'numwebvisitsmonth': 'integer', 'z_costcontact': 'money', 'z_revenue': 'money',
} -%}
{% set responses = [
    'acceptedcmp1', 'acceptedcmp2', 'acceptedcmp3', 'acceptedcmp4', 'acceptedcmp5',
    'response',
] -%}
{% set words = ['education', 'marital_status'] -%}
{% set columns = numbers | list + responses + words + ['complain', 'dt_customer'] -%}
{% set settings = describe_inputs()['settings'] if execute else {} -%}
{% set formats = settings.get('timestamp_format', '').split('|') -%}
with

raw_rows as (

    {{ read_input('marketing_campaign', columns, rejoin=['education', '2n', 'Cycle']) }}

),

words as (

    select
        column_name,
        {{ spelling_key('spelling') }} as spelling,
        min(spelling) as known_spelling,
        min(meaning) as meaning
    from {{ ref('customer_personality_words') }}
    group by all

),

cleaned as (

    select
        source_file,
        source_row,
        {%- for column in columns %}
        {{ clean_text(column, settings) }} as {{ column }}_text,
        {%- endfor %}
        row_fault
    from raw_rows

),

cast_rows as (

    select
        *,
        {%- for column, kind in numbers.items() %}
        {{ cast_text(column ~ '_text', kind, settings) }} as {{ column }},
        {%- endfor %}
        {%- for column in responses %}
        {{ cast_text(column ~ '_text', 'boolean', settings) }} as {{ column }},
        {%- endfor %}
        {%- for form in formats %}
        cast(
            try_strptime(dt_customer_text, {{ string_literal(form) }}) as timestamp
        ) as date_{{ loop.index }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from cleaned

),

formats_counted as (

    select
        source_file,
        {%- for form in formats %}
        count(date_{{ loop.index }}) as dates_{{ loop.index }},
        {%- endfor %}
        count(dt_customer_text) as dates
    from cast_rows
    group by source_file

),

dated as (

    select
        cast_rows.*,
        case
            {%- for form in formats %}
            when formats_counted.dates_{{ loop.index }} = greatest(
                {%- for other in formats %}
                formats_counted.dates_{{ loop.index }}{{ ',' if not loop.last }}
                {%- endfor %}
            )
                and 2 * formats_counted.dates_{{ loop.index }} > formats_counted.dates
                then cast_rows.date_{{ loop.index }}
            {%- endfor %}
        end as dt_customer
    from cast_rows
    inner join formats_counted
        on cast_rows.source_file = formats_counted.source_file

),

worded as (

    select
        dated.*
        {%- for word in words %},
        known_{{ word }}.spelling as known_{{ word }},
        known_{{ word }}.meaning as {{ word }},
        case
            when known_{{ word }}.meaning is null
                then {{ text(
                    '{column} "{value}" read as unknown',
                    column=string_literal(word), value='dated.' ~ word ~ '_text'
                ) }}
            when {{ spelling_key('known_' ~ word ~ '.meaning') }}
                <> {{ spelling_key('dated.' ~ word ~ '_text') }}
                then {{ text(
                    '{column} "{value}" read as "{meaning}"',
                    column=string_literal(word),
                    value='dated.' ~ word ~ '_text',
                    meaning='known_' ~ word ~ '.meaning'
                ) }}
        end as {{ word }}_repair
        {%- endfor %}
    from dated
    {%- for word in words %}
    left join words as known_{{ word }}
        on known_{{ word }}.column_name = '{{ word }}'
        and known_{{ word }}.spelling = {{ spelling_key('dated.' ~ word ~ '_text') }}
    {%- endfor %}

),

faulted as (

    select
        *,
        coalesce(row_fault, nullif(concat_ws(
            '; ',
            case when id_text is null then {{ text('no {column}', column="'id'") }} end
            {%- for column, kind in numbers.items() %},
            {{ cast_fault(column, kind) }},
            case
                when {{ column }} < 0 then {{ text(
                    '{column} {value} is negative',
                    column=string_literal(column), value=column ~ '_text'
                ) }}
            end
            {%- endfor %}
            {%- for column in responses %},
            {{ cast_fault(column, 'boolean') }}
            {%- endfor %},
            case
                when dt_customer is null and dt_customer_text is not null
                    then {{ text(
                        'dt_customer {value} is in none of the known formats '
                        ~ 'that fit its file: {formats}',
                        value=shown_text('dt_customer_text'),
                        formats=string_literal(formats | join(', '))
                    ) }}
            end
            {%- for word in words %},
            case
                when known_{{ word }} is null and {{ word }}_text is not null
                    then {{ text(
                        '{column} {value} is not in the seed customer_personality_words',
                        column=string_literal(word), value=shown_text(word ~ '_text')
                    ) }}
            end
            {%- endfor %}
        ), '')) as own_fault
    from worded

),

-- Of rows with one id the last counts.
versioned as (

    select
        *,
        last_value({{ text(
            '{file} row {row}', file='source_file', row='source_row'
        ) }}) over later_rows as last_row,
        count(*) over later_rows - row_number() over (
            partition by id, own_fault is null
            order by source_file, source_row
        ) as validation_count
    from faulted
    window later_rows as (
        partition by id, own_fault is null
        order by source_file, source_row
        rows between unbounded preceding and unbounded following
    )

),

replaced as (

    select
        * exclude (own_fault),
        {{ days_after('quantile_disc(dt_customer, 0.999) over ()', 366) }} as last_likely_at,
        quantile_disc(recency, 0.999) over () + 366 as last_likely_recency,
        coalesce(own_fault, case
            when validation_count > 0
                then {{ text('id {id} stands again in {row}', id='id', row='last_row') }}
        end) as source_fault
    from versioned

),

-- The day of the file: nobody bought last before having become a customer. One
-- typo in a date does not move it.
compared as (

    select
        *,
        max(case
            when source_fault is null
                and dt_customer <= last_likely_at
                and recency <= last_likely_recency
                then {{ days_after('dt_customer', 'recency') }}
        end) over () as as_of_date,
        count(case when source_fault is null then income end) over () as incomes,
        first_value(id) over twins as first_twin,
        row_number() over twins as twin_number
    from replaced
    window twins as (
        partition by
            source_fault is null,
            dt_customer, education_text, marital_status_text, complain_text
            {%- for column in (numbers | list)[1:] + responses %},
            {{ column }}
            {%- endfor %}
        order by source_file, source_row
    )

),

excluded as (

    select
        *,
        case
            when twin_number > 1
                then {{ text(
                    'identical to customer P{twin} but for the id', twin='first_twin'
                ) }}
        end as twin_note,
        case
            when incomes = 0
                then {{ text('income is missing in every row, so it is not asked for') }}
        end as income_note,
        date_part('year', as_of_date) - year_birth as age_years,
        nullif(concat_ws(
            '; ',
            case when income is null and incomes > 0 then {{ text('income is missing') }} end,
            case
                when income >= {{ var('impossible_income') }}
                    then {{ text(
                        'income {income} is not below the var impossible_income',
                        income='income_text'
                    ) }}
            end,
            case
                when age_years not between 0 and {{ var('impossible_age_years') }} - 1
                    then {{ text(
                        'born in {year}, so {age} years old', year='year_birth', age='age_years'
                    ) }}
            end,
            case
                when dt_customer > last_likely_at
                    then {{ text(
                        'dt_customer {date} is more than a year after nearly all others',
                        date='dt_customer_text'
                    ) }}
            end,
            case
                when recency > last_likely_recency
                    then {{ text(
                        'recency {recency} is more than a year above nearly all others',
                        recency='recency'
                    ) }}
            end
        ), '') as exclusion
    from compared

)

select
    source_file,
    source_row,
    'P' || id as customer_id,
    education,
    marital_status,
    year_birth as birth_year,
    income,
    kidhome + teenhome as children,
    recency as recency_days,
    mntwines as wines,
    mntfruits as fruits,
    mntmeatproducts as meat,
    mntfishproducts as fish,
    mntsweetproducts as sweets,
    mntgoldprods as gold,
    numdealspurchases as deal_orders,
    numwebpurchases as web_orders,
    numcatalogpurchases as catalog_orders,
    numstorepurchases as store_orders,
    numwebvisitsmonth as web_visits,
    z_costcontact as contact_cost,
    z_revenue as response_revenue,
    {%- for column in responses %}
    {{ column }} as accepted_{{ loop.index }},
    {%- endfor %}
    nullif(
        concat_ws('; ', education_repair, marital_status_repair, income_note, twin_note), ''
    ) as source_note,
    case when exclusion is not null then concat_ws('; ', exclusion, twin_note) end
        as source_exclusion,
    source_fault,
    dt_customer as registered_at,
    as_of_date
from excluded
