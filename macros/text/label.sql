{#
    A code as people read it, in the language of the run: the seed code_labels. In
    English, and where the seed does not have the code, the code itself is used. For
    sentences alone: a column of codes stays as it is, since queries rely on it, and is
    joined to metrics.labels.

    label('segment', 'scores.segment')
        ->  scores.segment                                                    language: en
        ->  (case scores.segment when 'Lost' then 'Потерянные' … end)         language: ru
#}
{%- macro label(kind, code) -%}
    {%- if not execute or language() == 'en' -%}
        {{- return(code) -}}
    {%- endif -%}
    {%- set known = run_query(
        "select code, " ~ language() ~ " from " ~ read_texts('code_labels', ['kind', 'code', 'en', 'ru'])
        ~ " where kind = " ~ string_literal(kind) ~ " order by code"
    ) -%}
    {%- if not known.rows -%}
        {{ exceptions.raise_compiler_error("seeds/code_labels.csv has no kind " ~ kind) }}
    {%- endif -%}
    (case {{ code }}
    {%- for row in known.rows %} when {{ string_literal(row[0]) }} then {{ string_literal(row[1]) }}
    {%- endfor %} else {{ code }} end)
{%- endmacro -%}
