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
    {#- First, for files are read by the adapter that dbt was told. -#}
    {%- set given = invocation_args_dict.get('vars') or {} -%}
    {%- set unset = [] -%}
    {%- for name, value in described['variables'].items() if name not in given -%}
        {%- set now = dataset_adapter() if name == 'adapter' else var(name, none) -%}
        {%- if now | string != value | string -%}
            {%- do unset.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if unset -%}
        {%- set all_vars = dict(described['variables']) -%}
        {%- for name, value in given.items() -%}
            {#- A day, as YAML reads one, is no JSON. -#}
            {%- set is_json = value is iterable or value is number or value is none -%}
            {%- do all_vars.update({name: value if is_json else value | string}) -%}
        {%- endfor -%}
        {{- return(
            'dataset.yml of ' ~ var('dataset') ~ ' sets ' ~ unset | join(', ') ~ ', which dbt is '
            ~ 'told by the command line alone: run targeted-lists lists --dataset '
            ~ var('dataset') ~ ', or add --vars ' ~ "'" ~ tojson(all_vars) ~ "'."
        ) -}}
    {%- endif -%}
    {{- return(described['error'] or dataset_rows()['error']) -}}
{%- endmacro -%}
