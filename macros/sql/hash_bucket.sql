{#
    The bucket, 0 to 9999, in which a key falls: a pure function of
    md5(salt || key), so that the same customer falls in the same bucket in
    every run and on every engine. Both arguments are SQL.

    hash_bucket("'targeted_lists|2026|'", 'customer_id')

    customer_id  bucket
    C00001       9985
#}
{%- macro hash_bucket(salt, key) -%}
    cast({{ hex_to_integer('left(md5(' ~ salt ~ ' || ' ~ key ~ '), 8)') }} % 10000 as integer)
{%- endmacro -%}


{#  Hexadecimal digits as a whole number; engines read them differently.  #}
{%- macro hex_to_integer(digits) -%}
    {{- adapter.dispatch('hex_to_integer', 'targeted_lists')(digits) -}}
{%- endmacro -%}


{%- macro default__hex_to_integer(digits) -%}
    cast('0x' || {{ digits }} as bigint)
{%- endmacro -%}


{%- macro spark__hex_to_integer(digits) -%}
    cast(conv({{ digits }}, 16, 10) as bigint)
{%- endmacro -%}
