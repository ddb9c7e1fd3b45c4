{% set columns = marketing_campaign_columns() -%}
with

replaced as (

    select * from {{ ref('stg_customer_personality__rows_faulted') }}

)

-- The day of the file: nobody bought last before having become a customer. One
-- typo in a date does not move it.
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
        {%- for column in (columns['numbers'] | list)[1:] + columns['responses'] %},
        {{ column }}
        {%- endfor %}
    order by {{ file_order('source_file') }}, source_row
)
