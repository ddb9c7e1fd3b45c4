{#
    A sentence for people, written in English where it is made and shown in the
    language of the run (macro language): the seed translations has the Russian
    one next to each English one. A name in braces is replaced by the expression
    given under that name.

    text('no order for {days} days', days='recency_days')
        ->  ('no order for ' || recency_days || ' days')          language: en
        ->  ('без заказов дней: ' || recency_days)                language: ru

    The seed is read while compiling, and only where the language is not English, so that a
    model needs no join for its words. A sentence without a translation stops the run.
#}
{%- macro text(english) -%}
    {%- set template = translation(english) -%}
    {%- set parts = [] -%}
    {%- for piece in modules.re.split('\\{(\\w+)\\}', template) -%}
        {%- if loop.index0 is divisibleby(2) -%}
            {%- if piece -%}{%- do parts.append(string_literal(piece)) -%}{%- endif -%}
        {%- elif piece in kwargs -%}
            {%- do parts.append(kwargs[piece]) -%}
        {%- else -%}
            {{ exceptions.raise_compiler_error("{" ~ piece ~ "} of '" ~ template ~ "' is not given") }}
        {%- endif -%}
    {%- endfor -%}
    {{- '(' ~ parts | join(' || ') ~ ')' if parts | length > 1 else parts | join -}}
{%- endmacro -%}


{%- macro translation(english) -%}
    {%- if not execute or language() == 'en' -%}
        {{- return(english) -}}
    {%- endif -%}
    {%- set found = run_query(
        "select " ~ language() ~ " from " ~ read_texts('translations', ['en', 'ru', 'scope'])
        ~ " where scope = 'sql' and en = " ~ string_literal(english)
    ) -%}
    {%- if not found.rows or not found.rows[0][0] -%}
        {{ exceptions.raise_compiler_error(
            "seeds/translations.csv has no " ~ language() ~ " text for '" ~ english ~ "'"
        ) }}
    {%- endif -%}
    {{- return(found.rows[0][0]) -}}
{%- endmacro -%}
