{#
    A text as a literal of SQL, its quotes doubled.

    string_literal("l'huile")  ->  'l''huile'
#}
{%- macro string_literal(text) -%}
    '{{- text | replace("'", "''") -}}'
{%- endmacro -%}
