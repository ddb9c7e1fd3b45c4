{#
    The body of a list's table: its members in the order of their rank.

    publish_list('win_back')
#}
{%- macro publish_list(list_name) -%}
with

members as (

    select * from {{ ref('list_members') }}

)

select
    customer_id,
    product_id,
    channel,
    offer,
    offer_basis,
    reason,
    reachability,
    consent_basis,
    value_basis,
    value_reason,
    rank,
    expected_value,
    expected_value_se,
    valid_until
from members
where list_name = {{ string_literal(list_name) }}
{%- endmacro -%}
