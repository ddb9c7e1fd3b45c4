{#
    The secret that keys are hashed with, as SQL: a function of the connection,
    so that the secret itself is in no query, log or documentation
    (targeted_lists/saved/salt.py).

    md5(key_salt() || key)  ->  md5(customer_key_salt() || key)
#}
{%- macro key_salt() -%}
    customer_key_salt()
{%- endmacro -%}
