{#
    Stops the query with a sentence.

    stop_with("'no file has a day'")  ->  error('no file has a day')
#}
{%- macro stop_with(sentence) -%}
    {{- adapter.dispatch('stop_with', 'targeted_lists')(sentence) -}}
{%- endmacro -%}


{%- macro default__stop_with(sentence) -%}
    error({{ sentence }})
{%- endmacro -%}


{%- macro spark__stop_with(sentence) -%}
    raise_error({{ sentence }})
{%- endmacro -%}
