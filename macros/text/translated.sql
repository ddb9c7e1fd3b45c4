{#
    A sentence that Python composed in English, in the language of the run: each phrase of it
    that the seed translations has under the scope is replaced, in the seed's
    order. A name in braces matches whatever the sentence has there. What an
    earlier run saved in English is thus translated too.

    translated('measures.reason', 'clusters')
        Refused: stability 0.600 is under 0.6.  ->  Отклонено: устойчивость 0.600 ниже 0.6.
#}
{%- macro translated(column, scope) -%}
    {%- if not execute or language() == 'en' -%}
        {{- return(column) -}}
    {%- endif -%}
    {%- set phrases = run_query(
        "select en, " ~ language() ~ " from " ~ read_texts('translations', ['en', 'ru', 'scope'])
        ~ " where scope = " ~ string_literal(scope)
    ) -%}
    {%- if not phrases.rows -%}
        {{ exceptions.raise_compiler_error("seeds/translations.csv has no scope " ~ scope) }}
    {%- endif -%}
    {%- set made = namespace(text=column) -%}
    {%- for phrase in phrases.rows -%}
        {%- set pattern, names = [], [] -%}
        {%- for piece in modules.re.split('\\{(\\w+)\\}', phrase[0]) -%}
            {%- if loop.index0 is divisibleby(2) -%}
                {%- do pattern.append(modules.re.escape(piece)) -%}
            {%- else -%}
                {%- do names.append(piece) -%}
                {%- do pattern.append('([^;]+?)') -%}
            {%- endif -%}
        {%- endfor -%}
        {#- At its end a placeholder would match one character, and a point may
           be decimal. -#}
        {%- if phrase[0].endswith('}') -%}{%- do pattern.append('(\\.?$|[;,] )') -%}{%- endif -%}
        {%- if phrase[0].endswith('.') -%}{%- do pattern.append('$') -%}{%- endif -%}
        {%- set said = namespace(text=phrase[1]) -%}
        {%- for name in names -%}
            {%- set said.text = said.text.replace('{' ~ name ~ '}', '\\' ~ loop.index) -%}
        {%- endfor -%}
        {%- if phrase[0].endswith('}') -%}
            {%- set said.text = said.text ~ '\\' ~ (names | length + 1) -%}
        {%- endif -%}
        {%- set made.text = "regexp_replace(" ~ made.text ~ ", " ~ string_literal(pattern | join)
            ~ ", " ~ string_literal(said.text) ~ ", 'g')" -%}
    {%- endfor -%}
    {{- made.text -}}
{%- endmacro -%}
