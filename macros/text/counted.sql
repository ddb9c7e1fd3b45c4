{#
    A number with its unit, for sentences: in the singular or plural that the
    number needs, in the language of the run. The forms are in English,
    separated by `|`; the seed translations has the Russian three under the
    scope `plural`.

    counted('totals.recency_days', 'day|days')

    1  ->  1 day      1 день
    4  ->  4 days     4 дня
    5  ->  5 days     5 дней
    2.5  ->  2.5 days     2.5 дня
#}
{%- macro counted(number, forms) -%}
    {%- set shown = 'cast(' ~ number ~ ' as string)' -%}
    {%- if not execute or language() == 'en' -%}
        {%- set words = forms.split('|') -%}
        ({{ shown }} || case when {{ shown }} = '1' then ' {{ words[0] }}' else ' {{ words[1] }}' end)
    {%- else -%}
        {%- set found = run_query(
            "select " ~ language() ~ " from " ~ read_texts('translations', ['en', 'ru', 'scope'])
            ~ " where scope = 'plural' and en = " ~ string_literal(forms)
        ) -%}
        {%- if not found.rows -%}
            {{ exceptions.raise_compiler_error(
                "seeds/translations.csv has no " ~ language() ~ " forms of '" ~ forms ~ "'"
            ) }}
        {%- endif -%}
        {%- set words = found.rows[0][0].split('|') -%}
        ({{ shown }} || case
            when {{ shown }} like '%.%' then ' {{ words[1] }}'
            when right({{ shown }}, 2) in ('11', '12', '13', '14') then ' {{ words[2] }}'
            when right({{ shown }}, 1) = '1' then ' {{ words[0] }}'
            when right({{ shown }}, 1) in ('2', '3', '4') then ' {{ words[1] }}'
            else ' {{ words[2] }}'
        end)
    {%- endif -%}
{%- endmacro -%}
