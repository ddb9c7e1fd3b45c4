{#
    Whether a text is an e-mail or is written as a phone number: +44 20 7946 0958,
    8 (999) 555-11-11, 79995551111, 555-123-4567, 1-555-123-4567. Other bare digits are keys.
#}
{%- macro is_contact(column) -%}
    (
        position('@' in {{ column }}) > 0
        {#- No phone number begins with a letter, as most keys do. #}
        or (
            left({{ column }}, 1) not between 'A' and 'z'
            and (
                {{ matches_pattern(
                    'translate(' ~ column ~ ", ' ().-' || chr(160), '')",
                    '^([+][0-9]{7,15}|[78][0-9]{10})$'
                ) }}
                or {{ matches_pattern(column, '^(1[ .-] ?)?[(]?[0-9]{3}[)]?[ .-] ?[0-9]{3}[ .-]?[0-9]{2}[ .-]?[0-9]{2}$') }}
            )
        )
    )
{%- endmacro -%}
