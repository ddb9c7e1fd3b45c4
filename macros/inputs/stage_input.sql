{#
    The body of a staging model of the contract adapter: every raw row of an
    input with its columns cast by the input contract. A value that cannot be
    cast is null, and `source_fault` says which. A key that a spreadsheet damaged
    (is_damaged_key) is a fault: of an order line's customer it makes an anonymous sale, and
    its product keeps the key, for the money is right.

    For a customer who asked to be erased only the existence of a row remains; an order
    line becomes anonymous and stays, and the erasure itself keeps hashes of what it names. Of
    files of other `formats` than these no row is here.

    source_row  quantity  source_fault
    1           2.000
    2                     quantity "abc" is not a number
#}
{%- macro stage_input(input, formats=['csv', 'parquet']) -%}
{%- set described = describe_inputs() if execute else {'settings': {}, 'files': []} -%}
{%- set settings = described['settings'] -%}
{%- set contract = var('input_contract')[input] -%}
{%- set extras = extra_columns(input, described) -%}
{%- set columns = dict(contract, **extras) -%}
{%- set leaves_out = has_erasures() and 'customer_id' in columns and input != 'erasures' -%}
{%- set stays = input == 'order_lines' -%}
{%- set by_contact = names_by_contact(input) -%}
{#- What an input has beyond the contract (adapter_column). -#}
{%- set further = adapter_fact('inputs').get(input, []) if stays or by_contact else [] -%}
{#- A day whose clock stands in another column is joined to it as text. -#}
{%- set untyped = ['ordered_at'] if 'ordered_time' in extras else [] -%}
{%- set typed = typed_columns(input, formats) | reject('in', untyped) | list -%}
{%- set keys = ['order_id'] if stays
    else ['order_id', 'customer_id', 'other_customer_id', 'product_id']
    + (['phone'] if by_contact else []) -%}
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
        {{ ordered_text(column, settings, extras) }} as {{ column }}_found,
        {%- endif %}
        {%- endfor %}
        row_fault
    from raw_rows

),

filled as (

    {{ filled_orders('cleaned', columns, described.get('order_fields', []) if stays else []) }}

),

cast_rows as (

    select
        *,
        {%- for column, kind in columns.items() %}
        {%- if input == 'erasures' and column in ['customer_id', 'email', 'phone'] %}
        {{ named_hash(column, settings) }} as {{ column }}
        {%- elif column in ['customer_id', 'other_customer_id'] %}
        {{ staged_key(column, input, settings, extras) }} as {{ column }}
        {%- elif column == 'status' and input == 'order_lines' %}
        {{ known_status('status_found') }} as status
        {%- elif column == 'discount' and stays and not typed %}
        coalesce(
            {{ cast_text('discount_found', kind, settings) }},
            {{ percent_of_line('discount_found', 'quantity_found', 'unit_price_found', settings) }}
        ) as discount
        {%- elif column in typed %}
        {{ cast_typed(column ~ '_found', kind) }} as {{ column }}
        {%- else %}
        {{ cast_text(column ~ '_found', kind, settings) }} as {{ column }}
        {%- endif %}
        {{- ',' if not loop.last or stays or by_contact }}
        {%- endfor %}
        {%- if by_contact %}
        case
            when {{ is_contact('customer_id_found') }} or {{ is_contact_hash('customer_id_found') }}
                then customer_id_found
        end as contact
        {%- endif %}
        {%- if stays %}
        coalesce(
            {{ is_damaged_key('customer_id_found') }}
            and {{ staged_key('customer_id', input, settings, extras) }} is null,
            false
        ) as has_damaged_key
        {%- endif %}
    from filled

),

faulted as (

    select
        source_file,
        source_row,
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        {%- for column, kind in var('order_line_extras', {}).items() if extras and column not in extras %}
        cast(null as {{ input_type(kind) }}) as {{ column }},
        {%- endfor %}
        {%- if stays %}
        has_damaged_key,
        {%- endif %}
        {%- if by_contact %}
        contact,
        {%- endif %}
        nullif(concat_ws(
            '; ',
            row_fault
            {%- for column in keys if column in columns %},
            {{ damaged_key_fault(column, found=column ~ '_found') }}
            {%- endfor %}
            {%- for column, kind in columns.items() if not kind.startswith('string') %},
            {{ cast_fault(column, kind, found=column ~ '_found') }}
            {%- endfor %}
        ), '') as source_fault
    from cast_rows

),
{%- if stays %}

priced as (
{% if extras %}
{{ priced_lines('faulted') }}
{% else %}
    select
        *,
        cast(null as string) as line_service,
        cast(null as string) as currency,
        cast(null as decimal(18, 4)) as order_stated,
        cast(null as decimal(18, 4)) as order_difference,
        cast(null as decimal(18, 8)) as tax_factor
    from faulted
{% endif %}
),
{%- endif %}

conformed as (

    select
        source_file,
        source_row,
        {%- for column in contract %}
        {{ column }},
        {%- endfor %}
        {%- for column in further %}
        {{ column }},
        {%- endfor %}
        {%- if leaves_out %}
        {{ is_erased(
            keys=['customer_id', 'other_customer_id'] | select('in', contract) | list,
            contacts=['email', 'phone'] | select('in', contract) | list
                + (['contact'] if by_contact else [])
        ) }} as is_left_out,
        {%- endif %}
        source_fault
    from {{ 'priced' if stays else 'faulted' }}

){% if leaves_out %},

remembered as (

    {{ remembered_rows('conformed', contract, further, stays) }}

)

select * from remembered
{%- else %}

select * from conformed
{%- endif %}
{%- endmacro -%}
