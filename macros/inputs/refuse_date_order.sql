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
        {%- set slashed = "'^[0-9]{1,2}([/-])[0-9]{1,2}[/-][0-9]{2,4}'" -%}
    select
        error(
            'the order of day and month in dataset.yml (' || {{ string_literal(given) }}
            || ') reads ' || count(as_given) || ' of ' || count(*) || ' dates, and the other order '
            || 'of day and month ' || count(as_other) || '; set date_order: '
            || {{ string_literal(other) }} || ' there (and leave timestamp_format out)'
        )
    from (
        select
            {{ written_time('written', {'date_order': given}) }} as as_given,
            {{ written_time('written', {'date_order': other}) }} as as_other
        from (
            select {{ clean_text(column, settings) }} as written
            from ({{ read_input(input, [column]) }})
            {#- So many show it, and a large file is not read twice. #}
            limit 200000
        )
        where regexp_matches(written, {{ slashed }})
    )
    having count(as_other) > count(as_given)
    {%- endif -%}
{%- endmacro -%}
