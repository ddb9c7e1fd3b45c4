{#
    A customer key that carries no personal data: an e-mail or a phone number
    used as the key is replaced by a salted hash, any other key stays.

    customer_id        ->  customer_id
    1042                   1042
    ann@example.com        c_5d41402abc4b2a76b9719d911017c592
#}
{%- macro hash_contact(column) -%}
    case
        when strpos({{ column }}, '@') > 0 or {{ column }} like '+%'
            then 'c_' || md5({{ string_literal(var('customer_key_salt')) }} || lower({{ column }}))
        else {{ column }}
    end
{%- endmacro -%}
