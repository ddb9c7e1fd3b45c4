{#
    A seed of texts as its file is, to be read while compiling, when its table may not be there.

    read_texts('code_labels', ['kind', 'code', 'en', 'ru'])  ->  read_csv('seeds/code_labels.csv', …)
#}
{%- macro read_texts(seed, columns) -%}
    read_csv(
        'seeds/{{ seed }}.csv', auto_detect = false, header = true, quote = '"', columns = {
            {%- for column in columns -%}
            '{{ column }}': 'varchar'{{ ', ' if not loop.last }}
            {%- endfor -%}
        }
    )
{%- endmacro -%}
