{#
    All files of an input as text: `source_file`, `source_row`, the requested
    columns (null where a file lacks one; under the project's name where a
    layout has another), and `row_fault`, a sentence where a record is ragged or
    has bytes that are not text.

    read_input('online_retail', ['InvoiceNo', 'StockCode'])

    Where the files of a dataset are written in different ways, `with_decimal_mark` adds
    `decimal_mark`, that of the file. `rejoin`, a column and two parts, rejoins a field
    that was split: see rejoin_field. `only_new` leaves out the files that an
    incremental model has: see new_files. `kept` are columns that keep the type they
    have in parquet, and files of other `formats` than these, csv and parquet,
    are not read. Where not `by_line`, a row that holds all lines of an order may be one row.
#}
{%- macro read_input(
    input, columns, with_decimal_mark=false, rejoin=none, only_new=false, kept=[],
    formats=['csv', 'parquet'], by_line=true
) -%}
    {%- set lineage = source('raw', input) -%}
    {%- set described = describe_inputs() if execute else {'files': [], 'settings': {}} -%}
    {%- set files = files_of(described, input, formats) -%}
    {%- if only_new -%}
        {%- set files = files | selectattr('source_file', 'in', new_files()) | list -%}
    {%- endif -%}
    {%- for found in files %}
    {%- set file = found if by_line else as_it_is(found, columns) %}
    select
        {{ string_literal(file['source_file']) }} as source_file,
        source_row,
        {%- set names = file['names'] %}
        {%- for column in columns %}
        {{ first_of(file['places'].get(column | lower, [])) }} as {{ column }},
        {%- endfor %}
        {%- if with_decimal_mark %}
        {{ string_literal(file['settings']['decimal']) }} as decimal_mark,
        {%- endif %}
        {{ row_fault(file) }} as row_fault
    from (
        {%- if rejoin %}
        {{ rejoin_field(file, rejoin[0], rejoin[1:]) }}
        {%- else %}
        {%- set places = [] %}
        {%- for column in kept %}
        {%- do places.append(names.index(column)) %}
        {%- endfor %}
        {{ read_file(file, file['settings'], kept=places) }}
        {%- endif %}
    )
    {%- if not loop.last %}
    union all by name
    {%- endif %}
    {%- else %}
    select
        cast(null as string) as source_file,
        cast(null as bigint) as source_row,
        {%- for column in columns %}
        {%- set type = input_type(var('input_contract')[input][column]) if column in kept %}
        cast(null as {{ type or 'string' }}) as {{ column }},
        {%- endfor %}
        {%- if with_decimal_mark %}
        cast(null as string) as decimal_mark,
        {%- endif %}
        cast(null as string) as row_fault
    where false
    {%- endfor %}
{%- endmacro -%}


{#  A file without the lines in its packed cells, where columns are not read from these.  #}
{%- macro as_it_is(file, columns) -%}
    {%- set width = (file['reshaped'] or {}).get('width') -%}
    {%- set places = [] -%}
    {%- for column in columns -%}
        {%- do places.extend(file['places'].get(column | lower, [])) -%}
    {%- endfor -%}
    {%- if not width or places | reject('lt', width) | list -%}
        {{- return(file) -}}
    {%- endif -%}
    {{- return(dict(file, reshaped={}, columns=file['columns'][:width])) -}}
{%- endmacro -%}


{#  The first field that is not empty of those at some places; null of none.  #}
{%- macro first_of(places) -%}
    {%- if places | length == 0 -%}
        cast(null as string)
    {%- elif places | length == 1 -%}
        c{{ places[0] }}
    {%- else -%}
        coalesce(
            {%- for place in places %}
            nullif(trim(c{{ place }}), ''){{ ',' if not loop.last }}
            {%- endfor %}
        )
    {%- endif -%}
{%- endmacro -%}


{#  The files of an input that are in some formats.  #}
{%- macro files_of(described, input, formats) -%}
    {{- return(
        described['files']
        | selectattr('input', 'equalto', input) | selectattr('format', 'in', formats) | list
    ) -}}
{%- endmacro -%}


{%- macro row_fault(file) -%}
    {%- if file['format'] == 'parquet' -%}
        cast(null as string)
    {%- else -%}
        {#- Marked by targeted_lists/inputs/readable.py and quotes.py. -#}
        {%- set texts -%}
            concat_ws(
                '',
                {%- for column in file['columns'] %}
                c{{ loop.index0 }},
                {%- endfor %}
                overflow,
                further_overflow
            )
        {%- endset -%}
        case
            when {% for column in file['columns'][:3] -%}
                c{{ loop.index0 }} = {{ string_literal(column) }}
                {{- ' and ' if not loop.last }}
            {%- endfor %}
                then {{ text('the header again') }}
            when strpos({{ texts }}, chr(64976)) > 0
                then {{ text('bytes that are not text in the encoding of the file') }}
            {%- if file['settings'].get('total') %}
            when starts_with(
                lower(trim(c0)), lower({{ string_literal(file['settings']['total']) }})
            )
                then {{ text('a row that sums up others') }}
            {%- endif %}
            when c0 = chr(64979)
                then {{ text('a line of more than 16 million bytes') }}
            when strpos({{ texts }}, chr(64977)) > 0
                then {{ text('a quote that is opened and not closed') }}
            when overflow <> '' or further_overflow is not null
                then {{ text('more fields than the header') }}
            when c{{ file['columns'] | length - 1 }} is null
                then {{ text('fewer fields than the header') }}
        end
    {%- endif -%}
{%- endmacro -%}
