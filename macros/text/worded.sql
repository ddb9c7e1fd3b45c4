{#
    The column of a seed that has a text in each language (`action`, `action_ru`), in that of the
    run. Where a row has no translation, as a row of your own may not, its text stands for itself.

    worded('actions.action')  ->  actions.action                                    language: en
                              ->  coalesce(actions.action_ru, actions.action)       language: ru
#}
{%- macro worded(column) -%}
    {%- if language() == 'en' -%}
        {{- column -}}
    {%- else -%}
        coalesce({{ column }}_{{ language() }}, {{ column }})
    {%- endif -%}
{%- endmacro -%}
