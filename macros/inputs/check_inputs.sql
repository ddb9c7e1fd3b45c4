{# The sentence that keeps this run from starting, or none. #}
{%- macro check_inputs() -%}
    {%- if var('customer_key_salt', none) is not none -%}
        {{- return(
            'A salt among the vars would stand in every log: write it into the file '
            ~ 'state/' ~ var('dataset') ~ '/customer_key_salt and take customer_key_salt out of '
            ~ 'the vars.'
        ) -}}
    {%- endif -%}
    {{- return(describe_inputs()['error']) -}}
{%- endmacro -%}
