{#
    The columns of an input that need not pass through text: all its files of
    `formats` are parquet with a type that casts exactly to that of the
    contract. Floating point is not, and none are where the dataset writes a
    number or a yes or no for nothing (`missing` in dataset.yml).

    typed_columns('order_lines')  ->  ['line_number', 'ordered_at', 'quantity']
#}
{%- macro typed_columns(input, formats=['csv', 'parquet']) -%}
    {%- set described = describe_inputs() if execute else {'files': [], 'settings': {}} -%}
    {%- set files = files_of(described, input, formats) -%}
    {%- set missing = described['settings'].get('missing', '') | lower -%}
    {%- set is_missing_a_value = modules.re.search('[0-9]|true|false', missing) -%}
    {%- set typed = [] -%}
    {%- for column, kind in var('input_contract')[input].items() -%}
        {%- set inexact = [] -%}
        {%- for file in files -%}
            {%- set names = file['names'] -%}
            {%- if column not in names
                or file['format'] != 'parquet'
                or not is_exact(file['types'][names.index(column)], kind) -%}
                {%- do inexact.append(file) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if files and not inexact and not is_missing_a_value -%}
            {%- do typed.append(column) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(typed) -}}
{%- endmacro -%}


{# Whether every value of a DuckDB type has the same value in the contract's
   type, or none. #}
{%- macro is_exact(type, kind) -%}
    {%- set kind = kind.split(',')[0] -%}
    {%- set decimals = {'quantity': 3, 'money': 4, 'share': 6, 'rate': 8}.get(kind) -%}
    {%- set is_whole = type in ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT') -%}
    {%- if kind == 'integer' -%}
        {{- return(is_whole) -}}
    {%- elif decimals and type.startswith('DECIMAL(') -%}
        {{- return(type.rstrip(')').split(',')[1] | int <= decimals) -}}
    {%- elif decimals -%}
        {{- return(is_whole) -}}
    {%- elif kind in ('timestamp', 'boolean') -%}
        {{- return(type == kind | upper) -}}
    {%- endif -%}
    {{- return(false) -}}
{%- endmacro -%}
