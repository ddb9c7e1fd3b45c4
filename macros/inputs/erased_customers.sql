{#
    The keys that the raw erasures file names, for a query that compares them:
    `customer_id`, as staging writes keys, however the file does. Never a table:
    what is saved of an erasure is its salted hash (erased_key). Only where the
    dataset has such a file. Who is erased: is_erased.

    customer_id of the file   1042.0   ->   customer_id   1042
#}
{%- macro erased_customers() -%}
    {%- set key = customer_key(clean_text('customer_id', describe_inputs()['settings'])) -%}
    (
        select distinct {{ key }} as customer_id
        from ({{ read_input('erasures', ['customer_id']) }})
        where {{ key }} is not null
    )
{%- endmacro -%}

