{#
    A raw file as it is: a row for every record, all columns as text named c0,
    c1, … in the order of the header, and `overflow`, which holds what a record
    has beyond the header. Nothing is sniffed and nothing is skipped; in text
    files an empty field is '' and a field that the record lacks is null.

    Every row is numbered over the whole file: a number by partition is wrong
    where threads share the file.
#}
{%- macro read_file(file, settings) -%}
    {%- if file['format'] == 'parquet' -%}
        select
            file_row_number + 1 as source_row,
            {%- for column in file['columns'] %}
            cast({{ quote_name(column) }} as string) as c{{ loop.index0 }},
            {%- endfor %}
            cast(null as string) as overflow
        from read_parquet({{ string_literal(file['path']) }}, file_row_number = true)
    {%- else -%}
        select
            row_number() over () as source_row,
            *
        from read_csv(
            {{ string_literal(file['path']) }},
            auto_detect = false,
            header = true,
            delim = {{ string_literal(settings['delimiter']) }},
            quote = '"',
            escape = '"',
            nullstr = '\N',
            null_padding = true,
            strict_mode = false,
            parallel = false,
            max_line_size = 16777216,
            columns = {
                {%- for column in file['columns'] %}
                'c{{ loop.index0 }}': 'varchar',
                {%- endfor %}
                'overflow': 'varchar'
            }
        )
    {%- endif -%}
{%- endmacro -%}


{#  A column name of a file, quoted for SQL.  #}
{%- macro quote_name(column) -%}
    "{{- column | replace('"', '""') -}}"
{%- endmacro -%}
