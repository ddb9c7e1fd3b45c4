{#
    A raw text as a sentence may show it: short, in quotes, and no contact.

    shown_text('status')   lost  ->  "lost"    ann@example.com  ->  (a contact)
#}
{%- macro shown_text(column) -%}
    case
        when {{ is_contact(column) }} then {{ text('(a contact)') }}
        else '"' || left({{ column }}, 40) || '"'
    end
{%- endmacro -%}
