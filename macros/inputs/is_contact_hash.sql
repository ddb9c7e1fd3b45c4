{#
    Whether a text is what advertising platforms take for a contact: 64 digits of SHA-256.

    is_contact_hash('email')
    973DFE463EC85785F5F95AF5BA3906EEDB2D931C24E69824A89EA65DBA4E813B  ->  true
#}
{%- macro is_contact_hash(column) -%}
    (length({{ column }}) = 64 and {{ matches_pattern(column, '^[0-9A-Fa-f]{64}$') }})
{%- endmacro -%}
