{#
    What the files of an input have of the columns beyond the contract, with their kinds.

    extra_columns('order_lines', describe_inputs())  ->  {'line_total': 'money'}
#}
{%- macro extra_columns(input, described) -%}
    {%- set there = {} -%}
    {%- if input == 'order_lines' -%}
        {%- for column, kind in var('order_line_extras', {}).items() -%}
            {%- for file in described['files'] if column in file['places'] and file['input'] == input -%}
                {%- do there.update({column: kind}) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(there) -}}
{%- endmacro -%}
