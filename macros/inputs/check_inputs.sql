{# The sentence that keeps this run from starting, or none. #}
{%- macro check_inputs() -%}
    {%- if var('customer_key_salt', none) is not none -%}
        {{- return(
            'A salt among the vars would stand in every log: write it into the file '
            ~ 'state/' ~ var('dataset') ~ '/customer_key_salt and take customer_key_salt out of '
            ~ 'the vars.'
        ) -}}
    {%- endif -%}
    {%- set described = describe_inputs() -%}
    {%- if described['error'] -%}
        {{- return(described['error']) -}}
    {%- endif -%}
    {%- set unset = [] -%}
    {%- set all_vars = dict(invocation_args_dict.get('vars') or {}, **described['variables']) -%}
    {%- for name, value in described['variables'].items() -%}
        {%- if var(name, none) | string != value | string -%}
            {%- do unset.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if unset -%}
        {{- return(
            'dataset.yml of ' ~ var('dataset') ~ ' sets ' ~ unset | join(', ') ~ ', which dbt is '
            ~ 'told by the command line alone: run targeted-lists lists --dataset '
            ~ var('dataset') ~ ', or add --vars ' ~ "'" ~ tojson(all_vars) ~ "'."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro -%}
