{#
    A row for every column of every raw file of the dataset: how often each text
    occurs in it. A column of a file without rows has one row without a text,
    which occurs 0 times. With `names` only these files are read.

    source_file      column_number  column_name  is_read  text      occurrences
    order_lines.csv  9              channel      true     web       31204
#}
{%- macro profile_files(names=none) -%}
    {%- set described = describe_inputs() if execute else {'files': []} -%}
    {%- set files = described['files'] -%}
    {%- if names is not none -%}
        {%- set files = files | selectattr('source_file', 'in', names) | list -%}
    {%- endif -%}
    {%- for file in files %}
    {%- set read = described['columns'][file['input']] %}
    select
        {{ string_literal(file['input']) }} as input,
        {{ string_literal(file['source_file']) }} as source_file,
        columns.column_number,
        columns.column_name,
        columns.is_read,
        columns.is_personal,
        columns.is_key,
        texts.text,
        coalesce(texts.occurrences, 0) as occurrences
    from (
        values
        {%- for header in file['columns'] %}
            {%- set columns = columns_at(file, loop.index0, read) %}
            (
                cast({{ loop.index }} as bigint),
                {{ string_literal(header) }},
                {{ columns | length > 0 }},
                {{ names_somebody(columns, file['settings']) }},
                {{ columns | select('in', ['customer_id', 'other_customer_id']) | list | length > 0 }}
            ){{ ',' if not loop.last }}
        {%- endfor %}
    ) as columns (column_number, column_name, is_read, is_personal, is_key)
    left join (
        {%- if file['format'] == 'parquet' %}
        {#- Its columns are stored separately, so each is counted on its own,
           before it is cast to text. #}
        {%- for column in file['columns'] %}
        select
            {{ loop.index }} as column_number,
            {{ clean_text(typed_text('counted.value', file['settings']), file['settings']) }}
                as text,
            cast(sum(counted.occurrences) as bigint) as occurrences
        from (
            select
                {{ quote_name(column) }} as value,
                count(*) as occurrences
            from read_parquet({{ string_literal(file['path']) }})
            group by value
        ) as counted
        group by text
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
        {%- else %}
        select
            column_number,
            {{ clean_text('text', file['settings']) }} as text,
            count(*) as occurrences
        from (
            select
                unnest([{% for column in file['columns'] -%}
                    c{{ loop.index0 }}{{ ', ' if not loop.last }}
                {%- endfor %}]) as text,
                unnest(range(1, {{ file['columns'] | length + 1 }})) as column_number
            from ({{ read_file(file, file['settings']) }})
        )
        group by all
        {%- endif %}
    ) as texts
        on columns.column_number = texts.column_number
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
        cast(null as boolean) as is_personal,
        cast(null as boolean) as is_key,
        cast(null as string) as text,
        cast(null as bigint) as occurrences
    where false
    {%- endfor %}
{%- endmacro -%}


{#  The columns that are read at one place of a file.  #}
{%- macro columns_at(file, place, read) -%}
    {%- set found = [] -%}
    {%- for column, places in file['places'].items() if place in places and column in read -%}
        {%- do found.append(column) -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro -%}


{#  Whether a value of one of some columns names a person: it is never shown.  #}
{%- macro names_somebody(columns, settings) -%}
    {%- set personal = [
        'email', 'phone', 'first_name', 'customer', 'customer_email', 'customer_phone', 'customer_name',
    ] -%}
    {%- if settings.get('customer_is') == 'name' -%} {%- do personal.append('customer_id') -%} {%- endif -%}
    {{- return(columns | select('in', personal) | list | length > 0) -}}
{%- endmacro -%}
