{#
    A seed of texts as its file is, to be read while compiling, when its table may not be there.

    read_texts('code_labels', ['kind', 'code', 'en', 'ru'])  ->  read_csv('seeds/code_labels.csv', …)
#}
{%- macro read_texts(seed, columns) -%}
    {{- adapter.dispatch('read_texts')(seed, columns) -}}
{%- endmacro -%}


{%- macro duckdb__read_texts(seed, columns) -%}
    read_csv(
        'seeds/{{ seed }}.csv', auto_detect = false, header = true, quote = '"', columns = {
            {%- for column in columns -%}
            '{{ column }}': 'varchar'{{ ', ' if not loop.last }}
            {%- endfor -%}
        }
    )
{%- endmacro -%}


{#  On Spark each line is a row: none of these seeds has a line break in a text.  #}
{%- macro spark__read_texts(seed, columns) -%}
    (
        select parsed.*
        from (
            select from_csv(
                value,
                '{{ columns | join(' string, ') }} string',
                map('quote', '"', 'escape', '"')
            ) as parsed
            from text.`seeds/{{ seed }}.csv`
        )
        where parsed.{{ columns[0] }} <> '{{ columns[0] }}'
    )
{%- endmacro -%}
