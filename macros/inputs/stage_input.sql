{#
    The body of a staging model of the contract adapter: every raw row of an
    input with its columns cast as the input contract says. A value that cannot
    be cast is null, and `source_fault` says which it was.

    source_row  quantity  source_fault
    1           2.000
    2                     quantity "abc" is not a number
#}
{%- macro stage_input(input) -%}
{%- set columns = var('input_contract')[input] -%}
{%- set settings = describe_inputs()['settings'] if execute else {} -%}
with

raw_rows as (

    {{ read_input(input, columns | list) }}

),

cast_rows as (

    select
        source_file,
        source_row,
        {%- for column, kind in columns.items() %}
        {{ cast_text('raw_rows.' ~ column, kind, settings) }} as {{ column }},
        {%- endfor %}
        row_fault,
        {%- for column, kind in columns.items() if not kind.startswith('string') %}
        raw_rows.{{ column }} as {{ column }}_text
        {{- ',' if not loop.last }}
        {%- endfor %}
    from raw_rows

),

faulted as (

    select
        source_file,
        source_row,
        {%- for column, kind in columns.items() %}
        {%- if column == 'customer_id' %}
        {{ hash_contact(column) }} as customer_id,
        {%- else %}
        {{ column }},
        {%- endif %}
        {%- endfor %}
        nullif(concat_ws(
            '; ',
            row_fault
            {%- for column, kind in columns.items() if not kind.startswith('string') %},
            {{ cast_fault(column, {
                'integer': 'whole number',
                'timestamp': 'date',
                'boolean': 'yes or no',
            }.get(kind.split(',')[0], 'number')) }}
            {%- endfor %}
        ), '') as source_fault
    from cast_rows

)

select * from faulted
{%- endmacro -%}
