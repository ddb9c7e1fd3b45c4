{#
    The hash of a list: of its definition's hash and of its members' keys, sorted,
    with commas between them. It shows whether two lists are the same.

    list_hash('definition_hash', 'customer_ids')

    definition_hash  customer_ids    list_hash
    9a0364b9…        C00001,C00002   md5 of 9a0364b9…|C00001,C00002
#}
{%- macro list_hash(definition_hash, customer_ids) -%}
    md5({{ definition_hash }} || '|' || {{ customer_ids }})
{%- endmacro -%}
