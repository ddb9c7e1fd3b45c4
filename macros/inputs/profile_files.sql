{#
    A row for every column of every raw file of the dataset: how often each text
    occurs in it. Columns that the project does not read, and those that hold
    contacts, are counted without their texts.

    source_file      column_number  column_name  is_read  text      occurrences
    order_lines.csv  9              channel      true     web       31204
#}
{%- macro profile_files() -%}
    {%- set described = describe_inputs() if execute else {'files': []} -%}
    {%- for file in described['files'] %}
    {%- set read = described['columns'][file['input']] %}
    select
        {{ string_literal(file['input']) }} as input,
        {{ string_literal(file['source_file']) }} as source_file,
        column_number,
        [{% for column in file['columns'] -%}
            {{ string_literal(column) }}{{ ', ' if not loop.last }}
        {%- endfor %}][column_number] as column_name,
        [{% for column in file['columns'] -%}
            {{ column | lower in read }}{{ ', ' if not loop.last }}
        {%- endfor %}][column_number] as is_read,
        nullif(trim(text), '') as text,
        count(*) as occurrences
    from (
        select
            unnest([{% for column in file['columns'] -%}
                c{{ loop.index0 }}{{ ', ' if not loop.last }}
            {%- endfor %}]) as text,
            unnest(range(1, {{ file['columns'] | length + 1 }})) as column_number
        from ({{ read_file(file, described['settings']) }})
    )
    group by all
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select
        cast(null as string) as input,
        cast(null as string) as source_file,
        cast(null as bigint) as column_number,
        cast(null as string) as column_name,
        cast(null as boolean) as is_read,
        cast(null as string) as text,
        cast(null as bigint) as occurrences
    where false
    {%- endfor %}
{%- endmacro -%}
