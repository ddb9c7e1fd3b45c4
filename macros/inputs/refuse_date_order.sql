{#
    A hook that stops the run where the order of day and month that dataset.yml gives
    (date_order, or a timestamp_format) reads fewer of a column's dates than the other
    order: the rest would be rejected, and those that are read be other days.

    {{ config(post_hook="{{ refuse_date_order('order_lines', 'ordered_at') }}") }}
#}
{%- macro refuse_date_order(input, column) -%}
    {%- set settings = describe_inputs()['settings'] if execute else {} -%}
    {%- set given = settings.get('date_order') or '' -%}
    {%- set form = settings.get('timestamp_format') or '' -%}
    {%- set form_order = (
        'day first' if modules.re.match('%d[/-]%m', form)
        else 'month first' if modules.re.match('%m[/-]%d', form)
    ) -%}
    {%- set given = given or form_order or '' -%}
    {%- if not given -%}
        {#- Nothing was said that could be wrong. -#}
        select 1 where false
    {%- else -%}
        {%- set other = 'month first' if given == 'day first' else 'day first' -%}
        {%- set parts = "'^([0-9]{1,2})[/-]([0-9]{1,2})[/-][0-9]{2,4}'" -%}
        {%- set first, second = ('second_part', 'first_part') if given == 'day first'
            else ('first_part', 'second_part') -%}
    select
        error(
            'the order of day and month in dataset.yml (' || {{ string_literal(given) }}
            || ') reads ' || count(as_given) || ' of ' || count(*) || ' dates, and the other order '
            || 'of day and month ' || count(as_other) || '; set date_order: '
            || {{ string_literal(other) }} || ' there (and leave timestamp_format out)'
        )
    from (
        select
            -- The month is of twelve, and the day of thirty-one.
            nullif({{ first }} <= 12 and {{ second }} <= 31, false) as as_given,
            nullif({{ second }} <= 12 and {{ first }} <= 31, false) as as_other
        from (
            select
                try_cast(regexp_extract(written, {{ parts }}, 1) as integer) as first_part,
                try_cast(regexp_extract(written, {{ parts }}, 2) as integer) as second_part
            from (
                select {{ clean_text(column, settings) }} as written
                from ({{ read_input(input, [column], by_line=false) }})
                {#- So many show it, and a large file is not read twice. #}
                limit 1000000
            )
        )
        where first_part is not null
    )
    having count(as_other) > count(as_given)
    {%- endif -%}
{%- endmacro -%}
