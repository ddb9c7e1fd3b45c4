{#
    A word as the seed order_export_spellings is searched for it: in lower case,
    and with е for ё, which exports write either way.

    spelling_key('status')   Отменён  ->  отменен
#}
{%- macro spelling_key(column) -%}
    replace(lower({{ column }}), 'ё', 'е')
{%- endmacro -%}
