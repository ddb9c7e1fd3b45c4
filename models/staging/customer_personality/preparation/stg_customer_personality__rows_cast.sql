{% set columns = marketing_campaign_columns() -%}
{% set settings = describe_inputs()['settings'] if execute else {} -%}
{% set formats = settings.get('timestamp_format', '').split('|') -%}
with

raw_rows as (

    {{ read_input('marketing_campaign', columns['all'], rejoin=['education', '2n', 'Cycle']) }}

),

cleaned as (

    select
        source_file,
        source_row,
        {%- for column in columns['all'] %}
        {{ clean_text(column, settings) }} as {{ column }}_text,
        {%- endfor %}
        row_fault
    from raw_rows

)

select
    *,
    {%- for column, kind in columns['numbers'].items() %}
    {{ cast_text(column ~ '_text', kind, settings) }} as {{ column }},
    {%- endfor %}
    {%- for column in columns['responses'] %}
    {{ cast_text(column ~ '_text', 'boolean', settings) }} as {{ column }},
    {%- endfor %}
    {%- for form in formats %}
    cast(
        try_strptime(dt_customer_text, {{ string_literal(form) }}) as timestamp
    ) as date_{{ loop.index }}
    {{- ',' if not loop.last }}
    {%- endfor %}
from cleaned
