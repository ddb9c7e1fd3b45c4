{#
    A timestamp a number of days after another (before it, where negative).

    days_after('ordered_at', 30)
#}
{%- macro days_after(timestamp, days) -%}
    ({{ timestamp }} + interval '1 day' * {{ days }})
{%- endmacro -%}
