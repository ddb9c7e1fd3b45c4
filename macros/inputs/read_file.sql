{#
    A raw file as it is: a row for every record, all columns as text named c0,
    c1, … in the order of the header, and `overflow` and `further_overflow`,
    with what a record has beyond the header. Nothing is sniffed and no record
    is skipped; `source_row` counts them from 1, without the header and without
    empty lines. In text files an empty field is '' and a field that the record
    lacks is null.

    Every row is numbered over the whole file: a number by partition is wrong
    where threads share the file. The columns of a parquet file at the positions
    `kept` keep their type.
#}
{%- macro read_file(file, settings, kept=[]) -%}
    {%- if file['format'] == 'parquet' -%}
        select
            file_row_number + 1 as source_row,
            {%- for column in file['columns'] %}
            {%- if loop.index0 in kept %}
            {{ quote_name(column) }} as c{{ loop.index0 }},
            {%- else %}
            {{ typed_text(quote_name(column), settings) }} as c{{ loop.index0 }},
            {%- endif %}
            {%- endfor %}
            cast(null as string) as overflow,
            cast(null as string) as further_overflow
        from read_parquet({{ string_literal(file['path']) }}, file_row_number = true)
    {%- else -%}
        {%- set reshaped = file.get('reshaped') or {} -%}
        {%- set is_reshaped = reshaped.get('packed') is not none
            or reshaped.get('document') is not none -%}
        {%- set rows = text_reader(file, settings, reshaped.get('width')) -%}
        select
            row_number() over () as source_row,
            *
        from {% if is_reshaped and reshaped -%}
            ({{ reshaped_rows(reshaped, rows) }})
        {%- else -%}
            {{ rows }}
        {%- endif %}
    {%- endif -%}
{%- endmacro -%}


{#  The reader of a text file, with as many columns as its own header has.  #}
{%- macro text_reader(file, settings, width) -%}
        read_csv(
            {{ string_literal(file['path']) }},
            auto_detect = false,
            header = true,
            delim = {{ string_literal(settings['delimiter']) }},
            quote = '"',
            escape = '"',
            {#- A text that is in no file: a null is a field that is not there. #}
            nullstr = {{ string_literal('\ufdd2') }},
            null_padding = true,
            strict_mode = false,
            parallel = false,
            max_line_size = 16777216,
            columns = {
                {%- for place in range(width or (file['columns'] | length)) %}
                'c{{ place }}': 'varchar',
                {%- endfor %}
                'overflow': 'varchar',
                'further_overflow': 'varchar'
            }
        )
{%- endmacro -%}


{#  A column name of a file, quoted for SQL.  #}
{%- macro quote_name(column) -%}
    "{{- column | replace('"', '""') -}}"
{%- endmacro -%}


{#
    A value of a typed column as the dataset's text files would write it. Where
    values are missing pandas keeps whole numbers as doubles, and the missing as NaN:
    the former have no ".0", the latter are null.
#}
{%- macro typed_text(column, settings) -%}
    case
        when typeof({{ column }}) in ('DOUBLE', 'FLOAT')
            then nullif(
                replace(
                    regexp_replace(cast({{ column }} as string), '[.]0$', ''),
                    '.', {{ string_literal(settings['decimal']) }}
                ),
                'nan'
            )
        when typeof({{ column }}) like 'DECIMAL%'
            then replace(
                cast({{ column }} as string), '.', {{ string_literal(settings['decimal']) }}
            )
        else cast({{ column }} as string)
    end
{%- endmacro -%}
