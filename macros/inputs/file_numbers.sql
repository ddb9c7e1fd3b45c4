{#
    A row for each file of a relation: its number in the order of names. Of files that
    overlap the later one wins, and to compare numbers is cheap.

    file_numbers(conformed('order_lines'))

    source_file         file_number
    order_lines_9.csv   1
    order_lines_10.csv  2
#}
{%- macro file_numbers(relation) -%}
    select
        source_file,
        cast(row_number() over (order by {{ file_order('source_file') }}) as bigint)
            as file_number
    from (select distinct source_file from {{ relation }}) as files
{%- endmacro -%}
