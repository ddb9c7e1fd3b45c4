{#
    One row per expression, in place of a column.

    row_per_value(['email_key', 'phone_key'])  ->  unnest([email_key, phone_key])
#}
{%- macro row_per_value(expressions) -%}
    {{- adapter.dispatch('row_per_value', 'targeted_lists')(expressions) -}}
{%- endmacro -%}


{%- macro default__row_per_value(expressions) -%}
    unnest([{{ expressions | join(', ') }}])
{%- endmacro -%}


{%- macro spark__row_per_value(expressions) -%}
    explode(array({{ expressions | join(', ') }}))
{%- endmacro -%}


{#
    One row per part of a text between separators, which are no regular expression.

    row_per_part('itemset', ' + ')  ->  unnest(string_split(itemset, ' + '))
#}
{%- macro row_per_part(text, separator) -%}
    {{- adapter.dispatch('row_per_part', 'targeted_lists')(text, separator) -}}
{%- endmacro -%}


{%- macro default__row_per_part(text, separator) -%}
    unnest(string_split({{ text }}, '{{ separator }}'))
{%- endmacro -%}


{%- macro spark__row_per_part(text, separator) -%}
    explode(split({{ text }}, r'{{ modules.re.escape(separator) }}'))
{%- endmacro -%}
