{#
    The language of the texts that people read: en, or ru by `--vars 'language: ru'`. Keys and
    codes (list and segment names, steps, arms, decisions) are the same in either. Unit tests
    state English texts, so they are always run in English.
#}
{%- macro language() -%}
    {%- set requested = var('language', 'en') -%}
    {%- if requested not in ['en', 'ru'] -%}
        {{ exceptions.raise_compiler_error("the var language is en or ru, not " ~ requested) }}
    {%- endif -%}
    {%- set node = model if model is defined else {} -%}
    {{- return('en' if node.resource_type == 'unit_test' else requested) -}}
{%- endmacro -%}
