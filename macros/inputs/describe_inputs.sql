{#
    What is in the dataset's folder: `error` (a sentence, or none), `settings`
    and `files`, each with its path, format and header. The only data read while
    compiling is the header line of each file.
#}
{%- macro describe_inputs() -%}
    {%- set question -%}
        select describe_inputs(
            {{ string_literal(tojson(var('input_contract'))) }},
            {{ string_literal(var('data_dir')) }},
            {{ string_literal(var('dataset')) }},
            {{ string_literal(dataset_adapter()) }}
        )
    {%- endset -%}
    {{- return(fromjson(run_query(question).columns[0].values()[0])) -}}
{%- endmacro -%}
