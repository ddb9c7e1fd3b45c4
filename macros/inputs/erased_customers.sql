{#
    Whom the raw file of erasures names, for a query that must forget them: the key,
    and the text as the file writes it. Never a table: what is kept of an erasure is
    its salted hash (erased_key). `none` where the dataset has no such file.

    raw_id   customer_id
    1042.0   1042
#}
{%- macro erased_customers() -%}
    {%- if has_erasures() -%}
        {%- set settings = describe_inputs()['settings'] -%}
        {%- set raw_id = clean_text('customer_id', settings) -%}
        (
            select distinct
                {{ raw_id }} as raw_id,
                {{ customer_key(raw_id) }} as customer_id
            from ({{ read_input('erasures', ['customer_id']) }})
            where {{ customer_key(raw_id) }} is not null
        )
    {%- endif -%}
{%- endmacro -%}


{#  Whether the dataset has a file of erasures.  #}
{%- macro has_erasures() -%}
    {%- set described = describe_inputs() if execute else {'files': []} -%}
    {{- return(
        described['files'] | selectattr('input', 'equalto', 'erasures') | list | length > 0
    ) -}}
{%- endmacro -%}
