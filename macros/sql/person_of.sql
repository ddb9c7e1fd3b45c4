{#
    The person of a source's key, where `persons` is joined to it (join_persons).

    select {{ person_of('sales.customer_id') }} as customer_id
    from sales
    {{ join_persons('sales.customer_id') }}
#}
{%- macro person_of(column) -%}
    coalesce(persons.customer_id, {{ column }})
{%- endmacro -%}


{%- macro join_persons(column) -%}
    left join {{ ref('int_customer_persons') }} as persons
        on {{ column }} = persons.customer_key
{%- endmacro -%}
