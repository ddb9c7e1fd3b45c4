-- Dates are in the one known format that reads most of the file: where that is less than
-- half, as of days taken for months, none is accepted.
{% set settings = describe_inputs()['settings'] if execute else {} -%}
{% set formats = settings.get('timestamp_format', '').split('|') -%}
with

cast_rows as (

    select * from {{ ref('stg_customer_personality__rows_cast') }}

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

)

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
