{#
    The column of a seed that has a text in each language (`action`,
    `action_ru`), in that of the run. A row without a translation, such as one
    of your own, keeps its text.

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
