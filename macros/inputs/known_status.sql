{#
    The status of an order line in the project's four words: a word of the shop
    as dataset.yml says (`statuses`), else as the seed status_words; another
    stays as it is, and its line is rejected with it.

    known_status('status')
    Shipped     delivered
    wc-failed   cancelled
    lost        lost
#}
{%- macro known_status(column) -%}
    {%- set words = {} -%}
    {%- if execute -%}
        {%- for row in run_query(
            'select word, status from ' ~ read_texts('status_words', ['word', 'status'])
        ).rows -%}
            {%- do words.update({row[0]: row[1]}) -%}
        {%- endfor -%}
        {%- do words.update(describe_inputs()['statuses']) -%}
    {%- endif -%}
    {%- set changed = [] -%}
    {%- for word, status in words.items() -%}
        {%- if word != status -%} {%- do changed.append((word, status)) -%} {%- endif -%}
    {%- endfor -%}
    {%- if changed -%}
    case lower({{ column }})
        {%- for word, status in changed %}
        when {{ string_literal(word) }} then {{ string_literal(status) }}
        {%- endfor %}
        else {{ column }}
    end
    {%- else -%}
    {{ column }}
    {%- endif -%}
{%- endmacro -%}
