{# The sentence that keeps this run from starting, or none. #}
{%- macro check_inputs() -%}
    {{- return(describe_inputs()['error']) -}}
{%- endmacro -%}
