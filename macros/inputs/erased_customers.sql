{#
    Who the raw erasures file names, for a query that must leave them out:
    `customer_id`, as staging writes keys, however the file does. Never a table:
    what is saved of an erasure is its salted hash (erased_key). `none` where
    the dataset has no such file.

    customer_id of the file   1042.0   ->   customer_id   1042
#}
{%- macro erased_customers() -%}
    {%- if has_erasures() -%}
        {%- set key = customer_key(clean_text('customer_id', describe_inputs()['settings'])) -%}
        (
            select distinct {{ key }} as customer_id
            from ({{ read_input('erasures', ['customer_id']) }})
            where {{ key }} is not null
        )
    {%- endif -%}
{%- endmacro -%}


{#  Whether the dataset has an erasures file.  #}
{%- macro has_erasures() -%}
    {{- return(has_input('erasures')) -}}
{%- endmacro -%}
