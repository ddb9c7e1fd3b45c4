{#
    Whether the dataset has a file of an input.

    has_input('refunds')  ->  true
#}
{%- macro has_input(input) -%}
    {%- set described = describe_inputs() if execute else {'files': []} -%}
    {{- return(
        described['files'] | selectattr('input', 'equalto', input) | list | length > 0
    ) -}}
{%- endmacro -%}
