{#
    A text of a raw file in the type of the input contract; null where it is
    empty or cannot be cast. Thousands may be parted by spaces, ordinary or not.

    cast_text('quantity', 'quantity', {'decimal': ','})   '1 878,50'  ->  1878.500
#}
{%- macro cast_text(column, kind, settings) -%}
    {%- set type = kind.split(',')[0] -%}
    {%- set text -%} nullif(trim({{ column }}), '') {%- endset -%}
    {%- set digits -%}
        translate({{ text }}, ' ' || chr(160) || chr(8239), '')
    {%- endset -%}
    {%- set number -%}
        {%- if settings.get('decimal', '.') == '.' -%} {{ digits }}
        {%- else -%} replace({{ digits }}, {{ string_literal(settings['decimal']) }}, '.')
        {%- endif -%}
    {%- endset -%}
    {%- if type == 'string' -%}
        {{ text }}
    {%- elif type == 'integer' -%}
        case
            when try_cast({{ number }} as decimal(28, 6)) % 1 = 0
                then try_cast(try_cast({{ number }} as decimal(28, 6)) as bigint)
        end
    {%- elif type == 'timestamp' -%}
        {%- set parsed -%}
            {%- if settings.get('timestamp_format') -%}
                coalesce(
                    cast(try_strptime({{ text }}, {{ string_literal(settings['timestamp_format']) }}) as timestamp),
                    try_cast({{ text }} as timestamp)
                )
            {%- else -%}
                try_cast({{ text }} as timestamp)
            {%- endif -%}
        {%- endset -%}
        case when isfinite({{ parsed }}) then {{ parsed }} end
    {%- elif type == 'boolean' -%}
        case
            when lower({{ text }}) in ('1', 'true', 't', 'yes', 'y') then true
            when lower({{ text }}) in ('0', 'false', 'f', 'no', 'n') then false
        end
    {%- else -%}
        try_cast({{ number }} as {{ input_type(kind) }})
    {%- endif -%}
{%- endmacro -%}
