-- A row that names neither a key nor an address erases nobody.
with

validated as (

    {{ validate_input('erasures') }}

),

named as (

    select
        *,
        coalesce(customer_id, email, phone) is not null as names_somebody
    from validated

)

select
    source_file,
    source_row,
    {%- for column in var('input_contract')['erasures'] %}
    {{ column }},
    {%- endfor %}
    case when names_somebody then decision else 'rejected' end as decision,
    case
        when names_somebody or decision = 'rejected' then decision_reason
        else {{ text('no {column}', column="'customer_id, email, phone'") }}
    end as decision_reason
from named
