{#
    A text by which names of files stand in the order in which people number and read them:
    each run of digits counts as a number, capitals as small letters, and a name comes before
    one that it begins. It is equal for equal names alone. The function file_order of
    targeted_lists/inputs/dataset_folder.py gives the same text.

    order by file_order('source_file')  ->  orders.csv, orders-2.csv, Orders_9.csv, orders_10.csv
#}
{%- macro file_order(column) -%}
    {%- set name = "replace(lower(" ~ column ~ "), '.', chr(2))" -%}
    {#- 40 zeros and the digits, and of those the last 40. #}
    {%- set padded = digits_replaced(name, '([0-9]+)', '0' * 40, 1) -%}
    {{- digits_replaced(padded, '[0-9]*([0-9]{40})', '', 1) }} || chr(1) || {{ column }}
{%- endmacro -%}


{#  A text in which a group of a pattern, after a prefix, stands for each match.  #}
{%- macro digits_replaced(text, pattern, prefix, group) -%}
    {{- adapter.dispatch('digits_replaced', 'targeted_lists')(text, pattern, prefix, group) -}}
{%- endmacro -%}


{%- macro default__digits_replaced(text, pattern, prefix, group) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ prefix }}\{{ group }}', 'g')
{%- endmacro -%}


{%- macro spark__digits_replaced(text, pattern, prefix, group) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ prefix }}${{ group }}')
{%- endmacro -%}
