-- A link that says neither that two keys are one person nor that they are not, or that names
-- one key twice, links nobody.
with

validated as (

    {{ validate_input('customer_links') }}

),

compared as (

    select
        *,
        coalesce(lower(status), 'same') not in ('same', 'different') as has_unknown_status,
        coalesce(other_customer_id = '0', false) as is_without_other,
        customer_id = other_customer_id as is_of_one_key
    from validated

)

select
    source_file,
    source_row,
    {%- for column in var('input_contract')['customer_links'] %}
    {{ column }},
    {%- endfor %}
    case
        when has_unknown_status or is_without_other or is_of_one_key then 'rejected'
        else decision
    end as decision,
    case
        when decision = 'rejected' then decision_reason
        when is_without_other then {{ text('no {column}', column="'other_customer_id'") }}
        when has_unknown_status
            then {{ text('status {status} is unknown', status=shown_text('status')) }}
        when is_of_one_key then {{ text('the two keys are one') }}
        else decision_reason
    end as decision_reason
from compared
