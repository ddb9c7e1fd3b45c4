{#
    A cleaned text of a raw file in the type of the input contract; null where
    it cannot be cast. Thousands may be parted by spaces, ordinary or not. How
    else people write numbers and times: see written_number and written_time. Where
    the layout fixes how numbers are written (is_fixed), no other way is read.

    cast_text('quantity', 'quantity', {'decimal': ','})   '1 878,50'  ->  1878.500
#}
{%- macro cast_text(text, kind, settings) -%}
    {%- set type = kind.split(',')[0] -%}
    {#- Where the comma is the decimal mark, what a point means is unknown. -#}
    {%- set plain -%}
        {%- if settings.get('decimal', '.') == '.' -%} {{ text }}
        {%- else -%} translate({{ text }}, ',.', '.?')
        {%- endif -%}
    {%- endset -%}
    {%- set joined -%}
        regexp_replace(
            {{ plain }},
            '[ ' || chr(160) || chr(8201) || chr(8239) || ']([0-9]{3})\b',
            '\1', 'g'
        )
    {%- endset -%}
    {%- if type == 'string' -%}
        {{ text }}
    {%- elif type == 'integer' -%}
        {#- Fifteen digits: sums and differences of such numbers stay in range. -#}
        {%- set number -%} coalesce(
            try_cast({{ plain }} as decimal(21, 6)), try_cast({{ joined }} as decimal(21, 6))
        ) {%- endset -%}
        case when {{ number }} % 1 = 0 then cast({{ number }} as bigint) end
    {%- elif type == 'timestamp' -%}
        {#- The plain way knows no AM and PM and passes over offsets. -#}
        {%- set is_plain -%}
            length({{ text }}) <= 19 and right({{ text }}, 1) between '0' and '9'
        {%- endset -%}
        {%- set parsed -%}
            coalesce(
                {%- if settings.get('timestamp_format') %}
                cast(try_strptime({{ text }}, [
                    {%- for form in settings['timestamp_format'].split('|') -%}
                        {{ string_literal(form) }}{{ ', ' if not loop.last }}
                    {%- endfor -%}
                ]) as timestamp),
                {%- endif %}
                case when {{ is_plain }} then try_cast({{ text }} as timestamp) end,
                {%- if not settings.get('time_zone') %}
                {#- An offset leaves the clock as it is. #}
                case
                    when substring({{ text }}, 20, 1) in (' ', '+', '-', 'Z')
                        and right({{ text }}, 1) in ('0', '5', 'Z')
                        then try_cast(left({{ text }}, 19) as timestamp)
                end,
                {%- endif %}
                {#- DuckDB reads infinity and epoch in any format. #}
                case
                    when regexp_matches({{ text }}, '[0-9]') then {{ written_time(text, settings) }}
                end
            )
        {%- endset -%}
        {{ known_time(parsed) }}
    {%- elif type == 'boolean' -%}
        case
            when lower({{ text }}) in ('1', 'true', 't', 'yes', 'y') then true
            when lower({{ text }}) in ('0', 'false', 'f', 'no', 'n') then false
        end
    {%- else -%}
        coalesce(
            try_cast({{ plain }} as {{ input_type(kind) }}),
            try_cast({{ joined }} as {{ input_type(kind) }})
            {%- if type == 'share' %},
            cast({{ percent_share(text) }} as {{ input_type(kind) }})
            {%- endif %}
            {%- if not settings.get('is_fixed') %},
            case
                when {{ text }} is not null
                    then try_cast(
                        {{ written_number(text, settings, is_money=type == 'money') }}
                        as {{ input_type(kind) }}
                    )
            end
            {%- endif %}
        )
    {%- endif -%}
{%- endmacro -%}


{#
    A value of a typed column in the type of the input contract; null where it does not fit.
    See typed_columns.
#}
{%- macro cast_typed(value, kind) -%}
    {%- set type = kind.split(',')[0] -%}
    {%- if type == 'integer' -%}
        cast(try_cast({{ value }} as decimal(15, 0)) as bigint)
    {%- elif type == 'timestamp' -%}
        {{ known_time(value) }}
    {%- else -%}
        try_cast({{ value }} as {{ input_type(kind) }})
    {%- endif -%}
{%- endmacro -%}


{#  Systems write 0001-01-01 or 1753-01-01 for "unknown"; Python ends at 9999.  #}
{%- macro known_time(parsed) -%}
    case
        when {{ parsed }} >= cast('1900-01-01' as timestamp)
            and {{ parsed }} < cast('9999-12-31' as timestamp) + interval '1 day'
            then {{ parsed }}
    end
{%- endmacro -%}
