{#
    The body of a staging model of the contract adapter: every raw row of an
    input with its columns cast by the input contract. A value that cannot be
    cast is null, and `source_fault` says which.

    For a customer who asked to be erased only the existence of a row remains; an order
    line becomes anonymous and stays, and the erasure itself keeps a hash of the key. Of
    files of other `formats` than these no row is here.

    source_row  quantity  source_fault
    1           2.000
    2                     quantity "abc" is not a number
#}
{%- macro stage_input(input, formats=['csv', 'parquet']) -%}
{%- set columns = var('input_contract')[input] -%}
{%- set settings = describe_inputs()['settings'] if execute else {} -%}
{%- set leaves_out = has_erasures() and 'customer_id' in columns and input != 'erasures' -%}
{%- set stays = input == 'order_lines' -%}
{%- set typed = typed_columns(input, formats) -%}
with

raw_rows as (

    {{ read_input(
        input, columns | list, only_new=stays and is_incremental(), kept=typed, formats=formats
    ) }}

),

cleaned as (

    select
        source_file,
        source_row,
        {%- for column in columns %}
        {%- if column in typed %}
        {{ column }} as {{ column }}_found,
        {%- else %}
        {{ clean_text(column, settings) }} as {{ column }}_found,
        {%- endif %}
        {%- endfor %}
        row_fault
    from raw_rows

),

cast_rows as (

    select
        *,
        {%- for column, kind in columns.items() %}
        {%- if column == 'customer_id' and input == 'erasures' %}
        {{ erased_key(customer_key('customer_id_found')) }} as customer_id
        {%- elif column == 'customer_id' %}
        {{ customer_key('customer_id_found') }} as customer_id
        {%- elif column in typed %}
        {{ cast_typed(column ~ '_found', kind) }} as {{ column }}
        {%- else %}
        {{ cast_text(column ~ '_found', kind, settings) }} as {{ column }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from cleaned

),

faulted as (

    select
        source_file,
        source_row,
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        nullif(concat_ws(
            '; ',
            row_fault
            {%- for column, kind in columns.items() if not kind.startswith('string') %},
            {{ cast_fault(column, kind, found=column ~ '_found') }}
            {%- endfor %}
        ), '') as source_fault
    from cast_rows

){% if leaves_out %},

erased as (

    select distinct customer_id from {{ erased_customers() }}

),

remembered as (

    select
        faulted.source_file,
        faulted.source_row,
        {%- for column in columns %}
        {%- if stays and column != 'customer_id' %}
        faulted.{{ column }},
        {%- else %}
        case when erased.customer_id is null then faulted.{{ column }} end as {{ column }},
        {%- endif %}
        {%- endfor %}
        {%- if stays %}
        faulted.source_fault
        {%- else %}
        case
            when erased.customer_id is null then faulted.source_fault
            else {{ text('erased at the request of the customer') }}
        end as source_fault
        {%- endif %}
    from faulted
    left join erased
        on faulted.customer_id = erased.customer_id

)

select * from remembered
{%- else %}

select * from faulted
{%- endif %}
{%- endmacro -%}
