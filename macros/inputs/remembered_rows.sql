{#
    Rows as they are stored, where is_left_out says which are of the erased: of an order line all
    but the customer stays, of another row its existence. `further` are columns beyond the contract.

    remembered_rows('conformed', contract, further, stays=true)
    customer_id  is_left_out  quantity         customer_id  quantity
    1042         false        2          ->    1042         2
    2001         true         1                             1
#}
{%- macro remembered_rows(relation, contract, further, stays) -%}
    select
        source_file,
        source_row,
        {%- for column in contract %}
        {%- if stays and column != 'customer_id' %}
        {{ column }},
        {%- else %}
        case when not is_left_out then {{ column }} end as {{ column }},
        {%- endif %}
        {%- endfor %}
        {%- for column in further %}
        {%- if stays %}
        {{ column }},
        {%- else %}
        case when not is_left_out then {{ column }} end as {{ column }},
        {%- endif %}
        {%- endfor %}
        {%- if stays %}
        source_fault
        {%- else %}
        case
            when is_left_out then {{ text('erased at the request of the customer') }}
            else source_fault
        end as source_fault
        {%- endif %}
    from {{ relation }}
{%- endmacro -%}
