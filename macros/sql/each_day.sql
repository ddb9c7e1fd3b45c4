{#
    A row for each day from that of one moment to that of another, both included. Spark:
    explode(sequence(first, last, interval '1 day')).

    each_day('first_at', 'last_at')
#}
{%- macro each_day(first, last) -%}
    unnest(generate_series(
        date_trunc('day', {{ first }}), date_trunc('day', {{ last }}), interval '1 day'
    ))
{%- endmacro -%}
