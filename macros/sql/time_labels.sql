{#
    Labels of a timestamp that sort as text and read alike on every engine.

    month_label    2025-03
    quarter_label  2025-Q1
    week_label     2025-03-03, the week's Monday
    day_label      2025-03-04
    weekday_label  1 Monday … 7 Sunday
    hour_label     08
#}
{%- macro month_label(timestamp) -%}
    left(cast({{ timestamp }} as string), 7)
{%- endmacro -%}


{%- macro quarter_label(timestamp) -%}
    cast(extract(year from {{ timestamp }}) as string)
    || '-Q' || cast(extract(quarter from {{ timestamp }}) as string)
{%- endmacro -%}


{%- macro week_label(timestamp) -%}
    left(cast(date_trunc('week', {{ timestamp }}) as string), 10)
{%- endmacro -%}


{%- macro day_label(timestamp) -%}
    left(cast({{ timestamp }} as string), 10)
{%- endmacro -%}


{%- macro hour_label(timestamp) -%}
    substring(cast({{ timestamp }} as string), 12, 2)
{%- endmacro -%}


{%- macro weekday_label(timestamp) -%}
    {#- 2001-01-01 was a Monday. -#}
    case {{ positive_modulo(
        dbt.datediff("cast('2001-01-01' as timestamp)", "date_trunc('day', " ~ timestamp ~ ")", 'day'), 7
    ) }}
        when 0 then '1 Monday'
        when 1 then '2 Tuesday'
        when 2 then '3 Wednesday'
        when 3 then '4 Thursday'
        when 4 then '5 Friday'
        when 5 then '6 Saturday'
        when 6 then '7 Sunday'
    end
{%- endmacro -%}


{%- macro positive_modulo(number, divisor) -%}
    ((({{ number }}) % {{ divisor }}) + {{ divisor }}) % {{ divisor }}
{%- endmacro -%}
