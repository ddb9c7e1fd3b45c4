{#
    A raw file as read by read_file, with a field rejoined that contains the
    delimiter and was not quoted. Only where both parts stand side by side as
    they are known: the later fields move back by one.

    rejoin_field(file, 'education', ['2n', 'Cycle'])

    id  education  marital_status  income  overflow
    1   2n         Cycle           Single  52000        <- as it is read
    1   2n;Cycle   Single          52000                <- as it is meant
#}
{%- macro rejoin_field(file, column, parts) -%}
    {%- set headers = file['columns'] | map('lower') | list -%}
    {%- if file['format'] == 'parquet' or column not in headers -%}
        {{ read_file(file, file['settings']) }}
    {%- else -%}
        {%- set place = headers.index(column) -%}
        {%- set fields = [] -%}
        {%- for header in headers -%}
            {%- do fields.append('c' ~ loop.index0) -%}
        {%- endfor -%}
        {%- do fields.extend(['overflow', 'further_overflow']) -%}
        select
            source_row,
            {%- for field in fields %}
            {%- if loop.index0 < place %}
            {{ field }},
            {%- else %}
            case
                when not is_split then {{ field }}
                {%- if loop.index0 == place %}
                else {{ field }} || {{ string_literal(file['settings']['delimiter']) }}
                    || {{ fields[loop.index] }}
                {%- elif not loop.last %}
                else {{ fields[loop.index] }}
                {%- endif %}
            end as {{ field }}{{ ',' if not loop.last }}
            {%- endif %}
            {%- endfor %}
        from (
            select
                *,
                coalesce(
                    {{ fields[place] }} = {{ string_literal(parts[0]) }}
                    and {{ fields[place + 1] }} = {{ string_literal(parts[1]) }},
                    false
                ) as is_split
            from ({{ read_file(file, file['settings']) }})
        )
    {%- endif -%}
{%- endmacro -%}
