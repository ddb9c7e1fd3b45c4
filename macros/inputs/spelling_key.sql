{#
    A word as the seeds of spellings are searched for it: in lower case, and with
    е for ё, which exports write either way.

    spelling_key('status')   Отменён  ->  отменен
#}
{%- macro spelling_key(column) -%}
    replace(lower({{ column }}), 'ё', 'е')
{%- endmacro -%}
